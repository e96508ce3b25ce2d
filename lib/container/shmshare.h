/*
 * /dev/shm of another container (--ipc container:ID). Before Linux 6.15 a mount can be copied only
 * in a mount namespace that contains it, so a child process enters that of the other container.
 */
#ifndef CT_SHMSHARE_H
#define CT_SHMSHARE_H

#include <sys/types.h>

struct err;

/* A detached copy of the mount that the process has at /dev/shm. Returns its descriptor. */
int shmshare_copy(pid_t pid, struct err *e);

#endif
