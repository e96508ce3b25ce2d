/*
 * RUN done: a container on a snapshot of the step before, whose files become the
 * step's.
 */
#ifndef CT_BUILDRUN_H
#define CT_BUILDRUN_H

#include "build/build.h"
#include "build/stepkey.h"

/* What the step is made of, into its key. */
int buildrun_key(struct build *b, const struct step *step, struct stepkey *k, struct err *e);

/*
 * Its files become the subvolume `rootfs` of the draft `into`. If the command fails, a container is
 * left to look into (b->left), unless a signal ended it.
 */
int buildrun_do(struct build *b, const struct step *step, const struct tip *tip,
		const struct draft *work, const struct draft *into, struct err *e);

/* A container with the files before a step that failed and is no command: b->left. */
void buildrun_leave(struct build *b, const struct step *step, const struct tip *tip);

#endif
