/*
 * A run without a supervisor: the caller becomes the program, with no process between. For
 * stages that need none (neither a user namespace, a pid or time namespace, nor a group).
 */
#ifndef CT_BECOME_H
#define CT_BECOME_H

#include "run/run.h"

struct err;

/* `ready` is called right before the program runs. Returns only on failure. */
int become_program(struct run *r, void (*ready)(struct run *), struct err *e);

#endif
