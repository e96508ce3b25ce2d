/* The second network of a run and the others. */
#ifndef CT_MORENETS_H
#define CT_MORENETS_H

#include "run/run.h"

struct err;

/*
 * Connects the container as ct-net connect does. Called when the container is on record and its
 * network namespace is made, before its program runs.
 */
int morenets_connect(const struct run *r, struct err *e);

#endif
