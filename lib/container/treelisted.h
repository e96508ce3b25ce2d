/*
 * The first process mounts the entries of an OCI bundle (FSENTRY_LISTED of filetree.h) one after
 * the other beneath the root directory, while the host's tree is still "/".
 */
#ifndef CT_TREELISTED_H
#define CT_TREELISTED_H

#include "container/filetree.h"

/* root, host: the container's and the host's root directories. */
int treelisted_mount(const struct fsentry *entry, int root, int host, struct err *e);

#endif
