/* The root directory of an OCI bundle's container, and everything that is mounted in it. */
#ifndef CT_BUNDLEROOT_H
#define CT_BUNDLEROOT_H

#include "run/run.h"

struct err;

int bundleroot_prepare(struct run *r, struct err *e);
int bundleroot_grant(struct run *r, struct err *e);
/* Mounts the entries, sets sysctls, lets the hooks run, makes the terminal, and enters the root. */
int bundleroot_enter(struct run *r, struct err *e);
/* Last: a missing working directory is made before. */
int bundleroot_read_only(struct run *r, struct err *e);
/* Removes the mounts that a bundle without a mount namespace has made on the host. */
void bundleroot_undo(struct run *r);

/* Whether hooks run between the mounts and pivot_root(2). */
bool bundleroot_has_hooks(const struct bundle *b);

#endif
