/* The stage `exec`: the program, as its user, on its streams. It is executed at the very end
 * (firstprocess.h). */
#ifndef CT_EXECSTAGE_H
#define CT_EXECSTAGE_H

#include "run/run.h"

struct err;

int execstage_prepare(struct run *r, struct err *e);
int execstage_enter(struct run *r, struct err *e);
/* Last, because a small limit would get in the way of building the rest. */
int execstage_release(struct run *r, struct err *e);

#endif
