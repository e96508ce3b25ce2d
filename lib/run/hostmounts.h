/*
 * The mounts of a container's file tree (filetree.h) that need the host's rights: its root, the
 * files of its /etc, volumes, devices. The supervisor makes them, detached and with their
 * owners mapped (mountsource.h), and hands them over; the first process attaches them (treemount.h).
 */
#ifndef CT_HOSTMOUNTS_H
#define CT_HOSTMOUNTS_H

#include "run/run.h"

struct err;
struct message;

/*
 * In the supervisor, once the user namespace exists. With r->mounts_in_child in the first
 * process, before anything is reached through the new root; it keeps the mounts itself.
 */
int hostmounts_give(struct run *r, struct err *e);

/* In the first process: a mount that came. The descriptor is the run's from then on. */
int hostmounts_take(struct run *r, const struct message *m, struct err *e);

/* In the first process: the mount that becomes its root directory. */
int hostmounts_root(const struct run *r, struct err *e);

#endif
