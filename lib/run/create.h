/* Makes a container without running anything in it. It is listed like an ended container. */
#ifndef CT_CREATE_H
#define CT_CREATE_H

#include "run/supervise.h"

struct err;

/* Returns 0 with l->id set. */
int create_container(struct supervise *l, struct err *e);

#endif
