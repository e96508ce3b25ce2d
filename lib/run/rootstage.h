/*
 * The stages that mount: `mnt`, mounts that nobody else sees; `root`, the snapshot becomes "/";
 * `proc`, the kernel's file systems, devices, and what the user mounts among them.
 */
#ifndef CT_ROOTSTAGE_H
#define CT_ROOTSTAGE_H

#include "run/run.h"

struct err;

int rootstage_enter_mnt(struct run *r, struct err *e);

int rootstage_prepare(struct run *r, struct err *e);
int rootstage_grant(struct run *r, struct err *e);
int rootstage_enter(struct run *r, struct err *e);

int rootstage_enter_proc(struct run *r, struct err *e);

#endif
