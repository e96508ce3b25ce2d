/* Makes a container without running anything in it: its status is `created`. */
#ifndef CT_CREATE_H
#define CT_CREATE_H

#include "run/supervise.h"

struct err;

/* Returns 0 with l->id set. */
int create_container(struct supervise *l, struct err *e);

#endif
