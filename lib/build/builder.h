/*
 * A whole build: the steps of the stages that are needed, each done or taken from an earlier
 * build, and the image that comes of the last.
 */
#ifndef CT_BUILDER_H
#define CT_BUILDER_H

#include "build.h"
#include "build/faults.h"

/* What an image says of itself, for struct steps_request; arg is a struct build. It is pulled if it
 * is to be. */
int builder_base(void *arg, const char *image, struct record *config, struct err *e);

/* Faults that only the context shows: sources that are not there. */
void builder_check(struct build *b, struct faults *faults);

/* Does the steps. The error names the step. What was done until then is kept for the next build. */
int builder_run(struct build *b, struct err *e);

/*
 * The image of the target, with labels (KEY=VALUE) besides its own: one that is there already, if
 * it is the same, or a new one. All names move to it; one that has no other names is replaced and
 * keeps its id.
 */
int builder_publish(struct build *b, const struct strv *labels, const struct strv *names,
		    char id[ID_LEN], bool *made, struct err *e);

#endif
