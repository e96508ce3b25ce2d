/*
 * One more process in a running container: in its namespaces and cgroup, with
 * its capabilities and system call filter, as a user of its.
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
	/* Given. */
	const struct container *container;
	struct proc_id target;   /* its first process */
	const struct plan *plan; /* the container's, but with args, env, user, workdir and tty of
				    this process */
	bool input;              /* stdin is the caller's, not /dev/null */
	bool detached;           /* all its streams are /dev/null */

	/* Made. */
	struct streams streams;
	pid_t pid;
	int pidfd;
};

/* The program runs when this returns 0. On failure nothing is left; e->status is 125, 126 or 127. */
int join_start(struct join *j, struct err *e);

/*
 * The same for a detached process, as the child of a process that stays in the background and reaps
 * it: the kernel ends no PID namespace before each of its processes is reaped, and the host's
 * process 1 may never do that.
 */
int join_background(struct join *j, struct err *e);

#endif
