/*
 * Executes a process in the running container of an OCI bundle: in its namespaces and its cgroup,
 * with what config.json says of a process. join.h does the same for a container of the store.
 */
#ifndef CT_BUNDLEJOIN_H
#define CT_BUNDLEJOIN_H

#include <stdbool.h>

#include "base/proc.h"
#include "store/plan.h"

struct bundle_process;
struct err;

struct bundlejoin {
	/* Set by the caller. */
	struct proc_id target;   /* the container's first process */
	const struct plan *plan; /* of this process: args, env, workdir, tty */
	const struct bundle_process *process;
	const char *cgroup;           /* beneath the mount points; NULL: the caller's */
	const char *console;          /* as in bundlerun.h */
	unsigned short rows, columns; /* of the terminal; 0: those of stdin */
	bool detached;                /* it outlives us */

	/* Set by bundlejoin_start. */
	pid_t pid; /* a child of this process */
	int pidfd;
	int master; /* the terminal's master; -1: none, or sent to the console socket */
};

/* The program runs when this returns 0. On failure nothing is left; e->status is 125, 126 or 127.
 * Its streams are the caller's 0, 1 and 2, or a terminal. */
int bundlejoin_start(struct bundlejoin *j, struct err *e);

#endif
