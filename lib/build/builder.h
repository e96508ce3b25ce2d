/*
 * A whole build: executes the steps of the needed stages, or takes them from the cache.
 */
#ifndef CT_BUILDER_H
#define CT_BUILDER_H

#include "build/build.h"
#include "build/faults.h"

/* Reads the config of a base image for struct steps_request, and pulls the image if required. arg:
 * a struct build. */
int builder_base(void *arg, const char *image, struct record *config, struct err *e);

/* Adds a fault for each source that is missing in the context. */
void builder_check(struct build *b, struct faults *faults);

/* Executes the steps. The error names the step. Completed steps stay in the cache. */
int builder_run(struct build *b, struct err *e);

#endif
