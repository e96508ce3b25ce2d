/*
 * The shell that mounts the kernel's file systems and devices of a container's file tree
 * (filetree.h): a part of the stage proc's recipe.
 */
#ifndef CT_KERNELRECIPE_H
#define CT_KERNELRECIPE_H

#include "run/recipe.h"

/* With a mark for each entry or group of entries. root: "$root", or "" on the host's own root. */
void kernelrecipe_mount(const struct run *r, const char *root, struct recipe *out);

/* ",ro,nosuid" for attributes of a mount, as mount(8) takes them behind "remount,bind". */
void kernelrecipe_attrs(uint64_t attrs, struct buf *to);

/* The mount(8) line of a new file system at a place, quoted, with the options of the entry or its
 * fallback. */
void kernelrecipe_new(const struct fsentry *entry, const char *fs_options, const char *at,
		      struct buf *to);

#endif
