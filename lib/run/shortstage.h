/*
 * Stages of one call each in the first process: `uts` sets the host name, `cgns` makes a cgroup
 * namespace, `caps` drops capabilities, `seccomp` loads the filter.
 */
#ifndef CT_SHORTSTAGE_H
#define CT_SHORTSTAGE_H

#include "run/run.h"

struct err;

int shortstage_enter_uts(struct run *r, struct err *e);
int shortstage_enter_ipc(struct run *r, struct err *e);
int shortstage_enter_cgns(struct run *r, struct err *e);
int shortstage_seal_caps(struct run *r, struct err *e);
bool shortstage_wants_seccomp(const struct plan *p);
int shortstage_prepare_seccomp(struct run *r, struct err *e);
int shortstage_seal_seccomp(struct run *r, struct err *e);

#endif
