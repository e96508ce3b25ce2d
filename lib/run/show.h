/* Shows stages: --step stops before each one, --explain prints shell commands for it. */
#ifndef CT_SHOW_H
#define CT_SHOW_H

#include "run/stage.h"

/* Call it before a stage. inside: in the first process. */
int show_stage(const struct stage *s, const struct run *r, bool inside, struct err *e);
/* Whether all of it that shows comes after what other stages build. */
bool show_late(const struct stage *s);

#endif
