/*
 * A whole build: the steps of the stages that are needed, each done or taken from an earlier
 * build.
 */
#ifndef CT_BUILDER_H
#define CT_BUILDER_H

#include "build/build.h"
#include "build/faults.h"

/* What an image says of itself, for struct steps_request; arg is a struct build. It is pulled if it
 * is to be. */
int builder_base(void *arg, const char *image, struct record *config, struct err *e);

/* Faults that only the context shows: sources that are not there. */
void builder_check(struct build *b, struct faults *faults);

/* Does the steps. The error names the step. What was done until then is kept for the next build. */
int builder_run(struct build *b, struct err *e);

#endif
