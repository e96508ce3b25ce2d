/*
 * Advisory locks: flock(2) on a directory or file, let go by closing the
 * descriptor, by the kernel when the holder dies. Taken in one order: store,
 * image, container, network.
 */
#ifndef CT_LOCK_H
#define CT_LOCK_H

#include <stdbool.h>

struct err;

/*
 * Opens name beneath dirfd ("." for dirfd itself) and locks it, waiting for
 * whoever holds it. Gives the descriptor that holds the lock.
 */
int lock_take(int dirfd, const char *name, struct err *e);

/* The same without waiting: -1 with e->sys EWOULDBLOCK if another holds it. */
int lock_try(int dirfd, const char *name, struct err *e);

#endif
