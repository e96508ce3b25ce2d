/*
 * The files of /etc that a container has of its own (etc.h), as its first process takes them out of
 * the file system that the supervisor has handed over (FSENTRY_FILES of filetree.h).
 */
#ifndef CT_TREEETC_H
#define CT_TREEETC_H

#include "container/filetree.h"

/*
 * Makes the mount of each file, while the host's tree (host: its root directory) can still be
 * reached; treemount attaches it in its place later.
 */
int treeetc_split(struct filetree *t, int host, struct err *e);

#endif
