/* The shell lines of the stage cgroup (recipe.h). */
#ifndef CT_GROUPRECIPE_H
#define CT_GROUPRECIPE_H

#include "run/recipe.h"

void grouprecipe_cgroup(const struct run *r, struct recipe *out);

#endif
