/*
 * Hides paths of the kernel file systems, or makes them read-only (FSENTRY_MASK, FSENTRY_READ_ONLY
 * of filetree.h): the first process mounts over them.
 */
#ifndef CT_TREEMASK_H
#define CT_TREEMASK_H

#include "container/filetree.h"

/* root, host: the container's and the host's root directories. A path that the kernel does not have
 * is skipped. */
int treemask_cover(const struct fsentry *entry, int root, int host, struct err *e);

#endif
