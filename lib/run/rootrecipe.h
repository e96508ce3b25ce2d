/* The shell lines of the stages that mount: root and proc (recipe.h). */
#ifndef CT_ROOTRECIPE_H
#define CT_ROOTRECIPE_H

#include "run/recipe.h"

/* The functions that a script uses outside; the inner script has its own make_file. */
extern const char rootrecipe_functions[];

void rootrecipe_root(const struct run *r, struct recipe *out);
void rootrecipe_proc(const struct run *r, struct recipe *out);

#endif
