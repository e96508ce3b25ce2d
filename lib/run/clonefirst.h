/*
 * The clone of a run's first process: in new namespaces and in the run's cgroup; owned by the root
 * of its user namespace; or in the namespaces of another container (--network container:ID).
 */
#ifndef CT_CLONEFIRST_H
#define CT_CLONEFIRST_H

#include <stdint.h>

#include "run/run.h"

struct err;

/* flags: CLONE_NEW*. Gives what fork(2) does, and sets the pidfd of the supervisor. */
pid_t clonefirst(struct run *r, uint64_t flags, struct err *e);

/* With the errno of a failed clone3(2) or unshare(2): fills in the error, and gives -1. Most often
 * the user lacks the rights. */
int clonefirst_refused(const char *what, struct err *e);

#endif
