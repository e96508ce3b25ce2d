/*
 * A first process in the namespaces of another container (--network container:ID), by way of a
 * process that enters them: the first process is its child in them, and ours otherwise.
 */
#ifndef CT_CLONEIN_H
#define CT_CLONEIN_H

#include <linux/sched.h>

#include "run/run.h"

/* As clone3(2) gives it: 0 in the child; -1 with errno. Sets the pidfd. */
pid_t clonein(struct run *r, struct clone_args args);

#endif
