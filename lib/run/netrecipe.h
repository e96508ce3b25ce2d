/* The shell lines of the stage net (recipe.h). */
#ifndef CT_NETRECIPE_H
#define CT_NETRECIPE_H

#include "run/recipe.h"

/*
 * Plans the endpoint for a script: its address is at the top of the subnet, which a run tries last.
 */
int netrecipe_plan(struct run *r, struct err *e);

void netrecipe_net(const struct run *r, struct recipe *out);

#endif
