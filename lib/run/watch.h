/*
 * A container whose program runs, until it has ended: its streams are relayed and logged, signals
 * passed on, its end is recorded, and what lived as long as it did is cleared away.
 */
#ifndef CT_WATCH_H
#define CT_WATCH_H

#include <stdbool.h>

#include "run/run.h"

struct ctlog;
struct err;

struct watch {
	struct run *run;
	struct ctlog *log;   /* closed at the end */
	int signals;         /* of monitor_signals */
	const char *started; /* the time, as records have it */
	bool attached;       /* the caller's 0, 1, 2 are the user's */
	bool remove;         /* remove the container at its end */
};

/* Gives the container's status as a shell would, or -1. */
int watch_run(struct watch *w, struct err *e);

/* Ends the container at once. */
void watch_kill(struct watch *w);

#endif
