/*
 * A container's file tree as its first process mounts it, from inside its own user and mount
 * namespaces: reads the list of filetree.h. Every mount is put on a descriptor that was opened
 * beneath the new root (treepoint.h), so that no link in an image leads it elsewhere.
 */
#ifndef CT_TREEMOUNT_H
#define CT_TREEMOUNT_H

#include "container/filetree.h"

/* Where the tree is mounted: descriptors of directories. */
struct treeplace {
	int root; /* the container's root directory */
	int host; /* the host's, for the phase FSENTRY_KERNEL: it lends device nodes and, where
		     sysfs cannot be mounted, its /sys */
	int dev;  /* the container's /dev; -1: the tree has none. FSENTRY_KERNEL sets it. */
};

/* Mounts the entries of one phase, in their order. */
int treemount(const struct filetree *t, enum fsentry_phase phase, struct treeplace *at,
	      struct err *e);

#endif
