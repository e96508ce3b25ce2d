/*
 * The first process mounts the container's file tree (filetree.h) inside its own user and mount
 * namespaces. Every mount is attached to a descriptor that was opened beneath the new root
 * (treepoint.h), so no link of an image leads it elsewhere.
 */
#ifndef CT_TREEMOUNT_H
#define CT_TREEMOUNT_H

#include "container/filetree.h"

/* Descriptors of the directories involved. */
struct treeplace {
	int root; /* the container's root directory */
	int host; /* the host's root, for the phase FSENTRY_KERNEL: source of device nodes and,
		   where sysfs cannot be mounted, of /sys */
	int dev;  /* the container's /dev; -1: the tree has none. FSENTRY_KERNEL sets it. */
};

/* Mounts the entries of one phase, in the order of the list. */
int treemount(const struct filetree *t, enum fsentry_phase phase, struct treeplace *at,
	      struct err *e);

#endif
