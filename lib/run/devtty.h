/* A container's terminal, on the devpts of its own /dev. dev: a descriptor of that directory. */
#ifndef CT_DEVTTY_H
#define CT_DEVTTY_H

#include "container/user.h"

struct err;

/* Makes a terminal with the size of stdin and the user as its owner. Returns the master. */
int devtty_open(int dev, const struct user *owner, int *slave, struct err *e);

/* Mounts the slave as /dev/console. */
int devtty_mount_console(int dev, int slave, struct err *e);

#endif
