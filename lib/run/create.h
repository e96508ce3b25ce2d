/* Making a container and running nothing in it: from then on it is one that has ended. */
#ifndef CT_CREATE_H
#define CT_CREATE_H

#include "run/supervise.h"

struct err;

/* Gives 0 with l->id set. */
int create_container(struct supervise *l, struct err *e);

#endif
