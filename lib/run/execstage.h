/* The stage `exec`: prepares the program, its user and its streams. The program is executed at the
 * end (firstprocess.h). */
#ifndef CT_EXECSTAGE_H
#define CT_EXECSTAGE_H

#include "run/run.h"

struct err;

int execstage_prepare(struct run *r, struct err *e);
int execstage_enter(struct run *r, struct err *e);
/* Resource limits are set last: small ones would prevent the other stages. */
int execstage_release(struct run *r, struct err *e);

#endif
