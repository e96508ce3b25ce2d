/* The PID and IPC namespaces of a plan, made from the options of ct-run. */
#ifndef CT_NSPLAN_H
#define CT_NSPLAN_H

#include "run/runopts.h"
#include "store/plan.h"

struct err;

/* Reads --pid and --ipc, and refuses the options that need a namespace of the container's own. */
int nsplan_make(const struct runopts *o, struct plan *p, struct err *e);

#endif
