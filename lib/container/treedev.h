/*
 * The container's /dev (filetree.h lists what is in it), built by its first process: a tmpfs with
 * device nodes that the host lends, links, and the file systems pts, shm and mqueue; and the
 * device nodes that the user asks for.
 */
#ifndef CT_TREEDEV_H
#define CT_TREEDEV_H

#include "container/filetree.h"

/*
 * Mounts entry i, which is /dev, and the entries in it, which follow. root and host are the
 * container's and the host's root directories. Gives a descriptor of the new /dev, or -1.
 */
int treedev_mount(const struct filetree *t, size_t i, int root, int host, struct err *e);

/*
 * A detached mount of a device node of the host: it can be read and written, but not
 * given another owner or mode.
 */
int treedev_copy(int dir, const char *name, struct err *e);

/*
 * Attaches the node of a device (FSENTRY_DEVICE) at a path; mount: the file system that the
 * supervisor has made it in. dev: the container's /dev.
 */
int treedev_attach(int root, int dev, int mount, const char *path, struct err *e);

#endif
