/*
 * Clones a run's first process: in new namespaces and in the run's cgroup, with the user namespace
 * owned by the host id of the container's root; or in the namespaces of another container
 * (--network container:ID).
 */
#ifndef CT_CLONEFIRST_H
#define CT_CLONEFIRST_H

#include <stdint.h>

#include "run/run.h"

struct err;

/* flags: CLONE_NEW*. Returns like fork(2), and sets the supervisor's pidfd. */
pid_t clonefirst(struct run *r, uint64_t flags, struct err *e);

/* The error for a failed clone3(2) or unshare(2) (errno); returns -1. Mostly the user lacks the
 * privileges. */
int clonefirst_refused(const char *what, struct err *e);

#endif
