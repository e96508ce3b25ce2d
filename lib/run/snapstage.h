/* The stage `snapshot`: makes a writable snapshot of the image as the container's root directory.
 * */
#ifndef CT_SNAPSTAGE_H
#define CT_SNAPSTAGE_H

#include "run/run.h"

struct err;

bool snapstage_wanted(const struct plan *p);
/* Makes the snapshot if r->make_snapshot, and opens r->rootfs. */
int snapstage_make(struct run *r, struct err *e);
/*
 * Like snapstage_make, but the snapshot is certain to exist only after snapstage_finish: cgroups
 * and namespaces are made while the file system commits.
 */
int snapstage_prepare(struct run *r, struct err *e);
int snapstage_finish(struct run *r, struct err *e);
void snapstage_undo(struct run *r);

#endif
