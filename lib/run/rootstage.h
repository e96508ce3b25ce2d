/*
 * The stages that mount: `mnt` makes mounts private; `root` makes the snapshot "/"; `proc` mounts
 * the kernel file systems, devices and the user's mounts.
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
