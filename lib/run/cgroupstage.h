/* The stage `cgroup`: limits a container's resources, and keeps its processes together. */
#ifndef CT_CGROUPSTAGE_H
#define CT_CGROUPSTAGE_H

#include "run/run.h"

struct err;

int cgroupstage_prepare(struct run *r, struct err *e);
int cgroupstage_enter(struct run *r, struct err *e);
void cgroupstage_undo(struct run *r);

#endif
