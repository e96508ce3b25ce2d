/*
 * The shell lines that mount the kernel's file systems and devices of a container's file tree
 * (filetree.h): a part of the recipe of the stage proc.
 */
#ifndef CT_KERNELRECIPE_H
#define CT_KERNELRECIPE_H

#include "run/recipe.h"

/*
 * Adds a mark (recipe_mark) for each entry or group of entries. root: "$root", or "" on the host's
 * own root.
 */
void kernelrecipe_mount(const struct run *r, const char *root, struct recipe *out);

/*
 * Adds the mount(8) line of a new file system. at: the mount point, quoted. fs_options: the entry's
 * options or its fallback.
 */
void kernelrecipe_new(const struct fsentry *entry, const char *fs_options, const char *at,
		      struct buf *to);

#endif
