/*
 * Executes RUN: a container on a snapshot of the previous step, whose files become the step's.
 */
#ifndef CT_BUILDRUN_H
#define CT_BUILDRUN_H

#include "build/build.h"
#include "build/stepkey.h"

/* Adds the step's inputs to its key. */
int buildrun_key(struct build *b, const struct step *step, struct stepkey *k, struct err *e);

/*
 * Runs the command. The container's files become the subvolume `rootfs` of the draft `into`. If the
 * command fails, its container is kept for inspection (b->left), unless a signal ended the build.
 */
int buildrun_do(struct build *b, const struct step *step, const struct tip *tip,
		const struct draft *work, const struct draft *into, struct err *e);

/* After a failed step other than RUN: makes a container with the previous step's files (b->left).
 * */
void buildrun_leave(struct build *b, const struct step *step, const struct tip *tip);

#endif
