/*
 * The file tree of an OCI bundle's container as a list of entries (filetree.h): the root, the
 * listed mounts, devices, masked and read-only paths. treelisted.h mounts them.
 */
#ifndef CT_BUNDLETREE_H
#define CT_BUNDLETREE_H

#include "container/filetree.h"

/* mapped: the container has a user namespace, in which no device node can be made. */
int bundletree_build(struct filetree *t, const struct plan *p, bool mapped, struct err *e);

#endif
