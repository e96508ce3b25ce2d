/*
 * The first process builds the container's /dev (its content is listed in filetree.h): a tmpfs with
 * bound device nodes of the host, links, and the file systems pts, shm and mqueue; and the device
 * nodes of --device.
 */
#ifndef CT_TREEDEV_H
#define CT_TREEDEV_H

#include "container/filetree.h"

/*
 * Mounts entry i, which is /dev, and the entries in it, which follow. root and host are the
 * container's and the host's root directories. Returns a descriptor of the new /dev, or -1.
 */
int treedev_mount(const struct filetree *t, size_t i, int root, int host, struct err *e);

/*
 * Makes a detached mount of a host's device node: the node can be read and written, but its owner
 * and mode cannot be changed.
 */
int treedev_copy(int dir, const char *name, struct err *e);

/*
 * Attaches the node of a device (FSENTRY_DEVICE) at a path. mount: the supervisor's file system
 * with the node. dev: the container's /dev.
 */
int treedev_attach(int root, int dev, int mount, const char *path, struct err *e);

#endif
