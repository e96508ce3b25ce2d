/*
 * The container's /dev (filetree.h lists what is in it), built by its first process: a tmpfs with
 * device nodes that the host lends, links, and the file systems pts, shm and mqueue.
 */
#ifndef CT_TREEDEV_H
#define CT_TREEDEV_H

#include "container/filetree.h"

/*
 * Mounts entry i, which is /dev, and those in it; gives how many. root and host are the
 * container's and the host's root directories. *made becomes a descriptor of the new /dev.
 */
int treedev_mount(const struct filetree *t, size_t i, int root, int host, int *made, struct err *e);

/*
 * A detached mount of a device node of the host: it can be read and written, but not
 * given another owner or mode.
 */
int treedev_copy(int dir, const char *name, struct err *e);

/*
 * A directory at the top of the root to mount a file system of the kernel's on.
 * A link there is refused: what is mounted must be at that very path.
 */
int treedev_top(int root, const char *name, struct err *e);

#endif
