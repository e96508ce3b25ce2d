/* Resolves RUN to a step. */
#ifndef CT_STEPRUN_H
#define CT_STEPRUN_H

#include "build/stepping.h"

/* Adds the current instruction as a step. False: it is not RUN. */
bool steprun_apply(struct stepping *s);

#endif
