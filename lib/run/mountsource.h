/*
 * The sources of a container's mounts: from what an entry of its file tree names (a path of the
 * host's, a volume, the container's own directory, a device) to a detached mount with mapped
 * owners. A source is opened once; what is mounted is what was opened (kernel/mount.h).
 */
#ifndef CT_MOUNTSOURCE_H
#define CT_MOUNTSOURCE_H

#include "kernel/mount.h"
#include "run/run.h"

struct err;

/*
 * Makes the entry's mounts. `give` receives each with its path below the entry's target ("": at the
 * target itself), and owns the descriptor.
 */
int mountsource_open(struct run *r, const struct fsentry *entry, mount_give *give, void *arg,
		     struct err *e);

#endif
