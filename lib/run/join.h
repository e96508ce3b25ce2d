/*
 * Adds a process to a running container: in its namespaces and cgroup, with its capabilities and
 * seccomp filter, as one of its users.
 */
#ifndef CT_JOIN_H
#define CT_JOIN_H

#include <stdbool.h>
#include <sys/types.h>

#include "container/container.h"
#include "log/streams.h"
#include "store/plan.h"

struct err;

struct join {
	/* Set by the caller. */
	const struct container *container;
	struct proc_id target; /* the container's first process */
	const struct plan
		*plan; /* the container's, with args, env, user, workdir and tty of this process */
	bool input;    /* stdin is the caller's, not /dev/null */
	bool detached; /* all its streams are /dev/null */

	/* Set by join_start. */
	struct streams streams;
	pid_t pid;
	int pidfd;
};

/* The program runs when this returns 0. On failure nothing is left; e->status is 125, 126 or 127.
 * */
int join_start(struct join *j, struct err *e);

/*
 * The same for a detached process. A process that stays in the background is its parent and reaps
 * it: the kernel does not end a PID namespace before all its processes are reaped, and the host's
 * process 1 may never do that.
 */
int join_background(struct join *j, struct err *e);

#endif
