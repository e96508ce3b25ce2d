/*
 * A run without a supervisor: the caller becomes the program. Only for stages that need no
 * supervisor: no user, pid or time namespace, and no cgroup.
 */
#ifndef CT_BECOME_H
#define CT_BECOME_H

#include "run/run.h"

struct err;

/* Calls `ready` right before the program runs. Returns only on failure. */
int become_program(struct run *r, void (*ready)(struct run *), struct err *e);

#endif
