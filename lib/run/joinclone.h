/* Clones a process into the PID namespace and the cgroup of a container (join.h, bundlejoin.h). */
#ifndef CT_JOINCLONE_H
#define CT_JOINCLONE_H

#include <sys/types.h>

#include "kernel/cgroup.h"

struct err;

/*
 * Returns like fork(2), and sets *pidfd. target: the pidfd of the container's first process.
 * differing: the CLONE_NEW* flags of the namespaces in which it differs from us. The child is in
 * the v2 cgroup, and enters the v1 cgroups and the other namespaces itself.
 */
pid_t joinclone(int target, int differing, const struct cgroup_group *group, int *pidfd,
		struct err *e);

#endif
