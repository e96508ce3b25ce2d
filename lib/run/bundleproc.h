/*
 * What an OCI bundle says of a process (process of config.json), for the first process and for one
 * that is executed in a running container.
 */
#ifndef CT_BUNDLEPROC_H
#define CT_BUNDLEPROC_H

#include "store/bundle.h"

struct err;

/*
 * In the process, before it enters the container: the settings that execve(2) keeps and that the
 * container's root might not make: I/O priority, scheduler.
 */
int bundleproc_begin(const struct bundle_process *p, struct err *e);

/* Sets the resource limits of a process and its score of the OOM killer, as root of the host.
 * owner: the host id of its user namespace's root, 0 without one (owner.h). */
int bundleproc_limit(const struct bundle_process *p, pid_t pid, uid_t owner, struct err *e);

/*
 * Right before execve(2): becomes the user, with its groups and umask, exactly the given
 * capabilities, no_new_privs and the seccomp filter.
 */
int bundleproc_become(const struct bundle_process *p, struct err *e);

#endif
