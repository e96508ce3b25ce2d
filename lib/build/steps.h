/*
 * Resolves a whole Dockerfile to the steps of the target stage and the stages that it depends on;
 * or finds all of its faults.
 */
#ifndef CT_STEPS_H
#define CT_STEPS_H

#include "build/buildstep.h"
#include "build/faults.h"

struct err;

struct steps_request {
	const char *text; /* the Dockerfile: len bytes, followed by a NUL byte */
	size_t len;
	const struct pairs *build_args;
	const char *target; /* a stage's name or number; NULL: the last */
	const char *arch;   /* of this machine */
	/*
	 * Reads the config of a base image. Called once for each needed stage that has one. A
	 * failure is a fault of the FROM.
	 */
	int (*base)(void *arg, const char *image, struct record *config, struct err *e);
	void *arg;
};

/* out is valid only if no fault was added. Faults are in the order of their lines. */
void steps_read(const struct steps_request *q, struct steps *out, struct faults *faults);

#endif
