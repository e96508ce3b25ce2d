/*
 * The stages that are one call of the first process each: `uts`, a host name; `cgns`, a cgroup
 * namespace; `caps`, fewer capabilities; `seccomp`, a filter of system calls.
 */
#ifndef CT_SHORTSTAGE_H
#define CT_SHORTSTAGE_H

#include "run/run.h"

struct err;

int shortstage_enter_uts(struct run *r, struct err *e);
int shortstage_enter_cgns(struct run *r, struct err *e);
int shortstage_seal_caps(struct run *r, struct err *e);
bool shortstage_wants_seccomp(const struct plan *p);
int shortstage_seal_seccomp(struct run *r, struct err *e);

#endif
