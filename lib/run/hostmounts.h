/*
 * The mounts of a container's file tree (filetree.h) that need privileges on the host: the root,
 * the files of /etc, volumes, devices. The supervisor makes them as detached, idmapped mounts
 * (mountsource.h) and sends them; the first process attaches them (treemount.h). */
#ifndef CT_HOSTMOUNTS_H
#define CT_HOSTMOUNTS_H

#include "run/run.h"

struct err;
struct message;

/*
 * Runs in the supervisor, after the user namespace exists. With r->mounts_in_child it runs in the
 * first process, before any path in the new root is resolved, and keeps the mounts.
 */
int hostmounts_give(struct run *r, struct err *e);

/* The same for one entry of the tree. */
int hostmounts_give_one(struct run *r, size_t entry, struct err *e);

/* In the first process: stores a received mount; the run owns the descriptor. */
int hostmounts_take(struct run *r, const struct message *m, struct err *e);

/* In the first process: the mount that becomes its root directory. */
int hostmounts_root(const struct run *r, struct err *e);

#endif
