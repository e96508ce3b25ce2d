/*
 * A container's file tree as its first process mounts it, from inside its own user and mount
 * namespaces: reads the list of filetree.h. Every mount is put on a descriptor that was opened
 * beneath the new root, so that no link in an image leads it elsewhere.
 */
#ifndef CT_TREEMOUNT_H
#define CT_TREEMOUNT_H

#include "container/filetree.h"

/*
 * The kernel's file systems and devices. host: the host's root directory, which lends device nodes
 * and, where sysfs cannot be mounted, its /sys. *dev becomes a descriptor of the new /dev.
 */
int treemount_kernel(const struct filetree *t, int root, int host, int *dev, struct err *e);

/*
 * Makes the mounts of the files that the container has of its own, while the host's tree (host: its
 * root directory) can still be reached; treemount_user puts them in their places.
 */
int treemount_files(struct filetree *t, int host, struct err *e);

/* What the image and the user mount. dev: the container's /dev; -1: the tree has none. */
int treemount_user(const struct filetree *t, int root, int dev, struct err *e);

/* What comes last: a read-only root. */
int treemount_last(const struct filetree *t, int root, struct err *e);

#endif
