/* The shell lines for namespaces that are shared with another container (nsshare.h, recipe.h). */
#ifndef CT_SHARERECIPE_H
#define CT_SHARERECIPE_H

#include "run/recipe.h"

void sharerecipe_user(const struct run *r, struct recipe *out);
void sharerecipe_net(const struct run *r, struct recipe *out);
void sharerecipe_ipc(const struct run *r, struct recipe *out);
void sharerecipe_pid(const struct run *r, struct recipe *out);

#endif
