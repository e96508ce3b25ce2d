/* A stage shown as it happens: --step stops before it, --explain tells the shell for it. */
#ifndef CT_SHOW_H
#define CT_SHOW_H

#include "run/stage.h"

/* Before a stage. inside: by the first process. */
int show_next(const struct stage *s, bool inside, struct err *e);
/* Then: the shell for it. */
void show_same(const struct stage *s, const struct run *r, bool inside);
/* Whether all of it that shows comes after what other stages build. */
bool show_late(const struct stage *s);

#endif
