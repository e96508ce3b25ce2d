/*
 * The container's own files of /etc (etc.h): the first process makes a mount of each file in the
 * file system that it got from the supervisor (FSENTRY_FILES of filetree.h).
 */
#ifndef CT_TREEETC_H
#define CT_TREEETC_H

#include "container/filetree.h"

/*
 * Makes the mount of each file, while the host's tree (host: its root directory) is still
 * reachable; treemount attaches it later.
 */
int treeetc_split(struct filetree *t, int host, struct err *e);

#endif
