/*
 * Files of /etc that two containers share (--network container:): the second container mounts the
 * files of the first. Before Linux 6.15 a mount can be copied only in a mount namespace that
 * contains it, so a child process enters that of the first container.
 */
#ifndef CT_ETCSHARE_H
#define CT_ETCSHARE_H

#include <sys/types.h>

struct store;

enum { ETC_FILES = 3 };

/*
 * Makes detached copies of the mounts that the process `pid` of container `id` has at /etc/hosts
 * and so on, in the order of etc_files. -1 for the hostname, and for a file that is covered by a
 * mount of the user: its text is written into the directory `etc` instead.
 */
void etcshare_copy(const struct store *s, const char *id, pid_t pid, int etc, uid_t owner,
		   int mounts[ETC_FILES]);

#endif
