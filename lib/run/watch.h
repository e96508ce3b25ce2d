/*
 * Watches a running container until it ends: relays and logs its streams, passes signals on,
 * records its end, and removes the run's temporary objects.
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
	int signals;         /* from monitor_signals */
	const char *started; /* start time, in the form of records */
	bool attached;       /* relay the caller's 0, 1, 2 */
	bool remove;         /* remove the container at its end */
};

/* Returns the container's exit status, as in a shell, or -1. */
int watch_run(struct watch *w, struct err *e);

/* Ends the container at once. */
void watch_kill(struct watch *w);

#endif
