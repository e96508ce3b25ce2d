/* RUN as a step. */
#ifndef CT_STEPRUN_H
#define CT_STEPRUN_H

#include "build/stepping.h"

/* Does the current instruction. False: it is not RUN. */
bool steprun_apply(struct stepping *s);

#endif
