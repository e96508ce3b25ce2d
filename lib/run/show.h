/* A stage shown as it happens: --step stops before it, --explain tells the shell for it. */
#ifndef CT_SHOW_H
#define CT_SHOW_H

#include "run/stage.h"

/* Before a stage. inside: by the first process. */
int show_stage(const struct stage *s, const struct run *r, bool inside, struct err *e);
/* Whether all of it that shows comes after what other stages build. */
bool show_late(const struct stage *s);

#endif
