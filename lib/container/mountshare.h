/*
 * Mounts of a container that another one shares: files of /etc (--network container:ID) and
 * /dev/shm (--ipc container:ID). Before Linux 6.15 a mount can be copied only in a mount namespace
 * that contains it, so a child process enters that of the first container.
 */
#ifndef CT_MOUNTSHARE_H
#define CT_MOUNTSHARE_H

#include <sys/types.h>

struct err;
struct store;

enum { ETC_FILES = 3 };

/*
 * Makes detached copies of the mounts that the process `pid` of container `id` has at /etc/hosts
 * and so on, in the order of etc_files. -1 for the hostname, and for a file that is covered by a
 * mount of the user: its text is written into the directory `etc` instead.
 */
void mountshare_etc(const struct store *s, const char *id, pid_t pid, int etc, uid_t owner,
		    int mounts[ETC_FILES]);

/* A detached copy of the mount that the process has at /dev/shm. Returns its descriptor. */
int mountshare_shm(pid_t pid, struct err *e);

#endif
