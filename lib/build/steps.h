/*
 * A whole Dockerfile resolved to steps: stages, the one that is wanted and those that it
 * is made from; or all of its faults.
 */
#ifndef CT_STEPS_H
#define CT_STEPS_H

#include "build/buildstep.h"
#include "build/faults.h"

struct err;

struct steps_request {
	const char *text; /* the Dockerfile: len bytes with a 0 behind them */
	size_t len;
	const struct pairs *build_args;
	const char *target; /* a stage's name or number; NULL: the last */
	const char *arch;   /* of this machine */
	/*
	 * What an image says of itself, into config. Called once for each needed stage that is made
	 * from an image; a failure of it is a fault of the FROM.
	 */
	int (*base)(void *arg, const char *image, struct record *config, struct err *e);
	void *arg;
};

/* Right only if no fault was added. Faults are in the order of their lines. */
void steps_read(const struct steps_request *q, struct steps *out, struct faults *faults);

#endif
