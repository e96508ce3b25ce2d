/* The part of a plan that is about networks, made from the options of ct-run. */
#ifndef CT_NETPLAN_H
#define CT_NETPLAN_H

#include "run/runopts.h"
#include "store/plan.h"

struct err;

/* Chooses the networks, and checks that the options for endpoints and resolvers have any. */
int netplan_make(const struct runopts *o, struct plan *p, struct err *e);

#endif
