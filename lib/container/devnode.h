/* Makes the device nodes of an OCI bundle (linux.devices). */
#ifndef CT_DEVNODE_H
#define CT_DEVNODE_H

#include "store/bundle.h"

struct err;

/*
 * Makes the node beneath the root directory, with its parent directories. An existing node of this
 * kind and number gets the mode and the owner; another existing file is an error.
 */
int devnode_make(int root, const struct bundle_device *d, struct err *e);

/*
 * Makes a detached file system with the node, named `node` (treedev_attach). uid and gid: the
 * owner's host ids.
 */
int devnode_mount(const struct bundle_device *d, uid_t uid, gid_t gid, struct err *e);

#endif
