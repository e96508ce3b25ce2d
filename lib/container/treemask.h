/*
 * Hides paths of the kernel file systems, or makes them read-only (FSENTRY_MASK, FSENTRY_READ_ONLY
 * of filetree.h): the first process mounts over them.
 */
#ifndef CT_TREEMASK_H
#define CT_TREEMASK_H

#include "container/filetree.h"

/* root, host: the container's and the host's root directories. *empty: -1 at first; the mount of
 * the file system that covers directories, which the caller closes after the last entry. A path
 * that the kernel does not have is skipped. */
int treemask_cover(const struct fsentry *entry, int root, int host, int *empty, struct err *e);

#endif
