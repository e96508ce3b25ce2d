/* The shell for the stage net, and for sharing another container's network (recipe.h). */
#ifndef CT_NETRECIPE_H
#define CT_NETRECIPE_H

#include "run/recipe.h"

/*
 * For a run that is not to be made: an end on its network, with an address from the top of the
 * subnet, where a run looks last.
 */
int netrecipe_plan(struct run *r, struct err *e);

void recipe_net(const struct run *r, struct recipe *out);
void recipe_net_shared(const struct run *r, struct recipe *out);
void recipe_user_shared(const struct run *r, struct recipe *out);

#endif
