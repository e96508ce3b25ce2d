/*
 * Advisory locks: flock(2) on a directory or file. Closing the descriptor releases the lock; the
 * kernel closes it when the holder dies. Lock order: container, then networks or store. No process
 * waits for the lock of another process's draft.
 */
#ifndef CT_LOCK_H
#define CT_LOCK_H

#include <stdbool.h>

struct err;

/*
 * Opens `name` beneath dirfd ("." for dirfd itself) and locks it, waiting for the present lock
 * holder. Returns the descriptor that holds the lock.
 */
int lock_take(int dirfd, const char *name, struct err *e);

/* As flock(2), but not interrupted by signals: 0, or -1 with errno. */
int lock_fd(int fd, int how);

/* Locks without waiting: -1 with e->sys EWOULDBLOCK if another process holds the lock. */
int lock_try(int dirfd, const char *name, struct err *e);

#endif
