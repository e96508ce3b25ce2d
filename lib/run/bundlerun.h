/*
 * Creates and starts the container of an OCI bundle (store/bundle.h): `create` and `start` are
 * separate processes, and no process of ct stays. Between them the first process waits on a socket.
 *
 *	create:  bundlerun_create, write the state with r.pid, bundlerun_leave
 *	start:   bundlerun_start
 *	run:     bundlerun_create, bundlerun_execute, then wait for the child r.pid
 */
#ifndef CT_BUNDLERUN_H
#define CT_BUNDLERUN_H

#include "run/run.h"

struct err;

struct bundlerun {
	/* Set by the caller. */
	const struct plan *plan; /* with plan->bundle */
	const char *id;
	int state;           /* the container's state directory, for the start socket; -1: none */
	const char *console; /* with plan->tty: the path of a socket that gets the master; NULL: the
				caller takes r.master */

	/* Set by bundlerun_create. */
	pid_t pid; /* the first process, a child of this process */
	int pidfd;
	int master; /* the terminal's master; -1: none, or sent to the console socket */
	struct strv notes;
	struct run run;
};

/* The first process waits, with everything made. On failure nothing is left. */
int bundlerun_create(struct bundlerun *b, struct err *e);
/* The first process now waits on the socket `start` in the state directory, and outlives us. On
 * failure nothing is left. */
int bundlerun_leave(struct bundlerun *b, struct err *e);
/* Lets it execute the program right away. On failure nothing is left. */
int bundlerun_execute(struct bundlerun *b, struct err *e);
/* Kills it and undoes everything, between bundlerun_create and one of the former. */
void bundlerun_undo(struct bundlerun *b);

/*
 * Starts a created container, from any process: 0 once its program runs. -1: it could not be
 * executed (and has ended), or e->sys is ENOENT or ECONNREFUSED: it does not wait for a start.
 */
int bundlerun_start(int state, struct err *e);

#endif
