/*
 * Turns the source of a file tree entry (a host path, a volume, the container's own directory, a
 * device) into a detached, idmapped mount. The source is looked up once, and later steps use
 * descriptors, so the source cannot be swapped.
 */
#ifndef CT_MOUNTSOURCE_H
#define CT_MOUNTSOURCE_H

#include "kernel/mount.h"
#include "run/run.h"

struct err;

/*
 * Makes the entry's mounts. `give` receives each mount with its path below the entry's target ("":
 * the target itself), and owns the descriptor.
 */
int mountsource_open(struct run *r, const struct fsentry *entry, mount_give *give, void *arg,
		     struct err *e);

#endif
