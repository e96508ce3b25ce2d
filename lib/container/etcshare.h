/*
 * Files of /etc that two containers share (--network container:): the second one mounts the very
 * files of the first. Only in a mount namespace where a file is seen can a copy of its mount be
 * made (before Linux 6.15), so a child process enters that of the first container.
 */
#ifndef CT_ETCSHARE_H
#define CT_ETCSHARE_H

#include <sys/types.h>

struct store;

enum { ETC_FILES = 3 };

/*
 * Makes detached copies of the mounts that the process `pid` of container `id` has at /etc/hosts
 * and so on, in the order of etc_files. -1 for the hostname, and for a file that the process does
 * not see (the user mounted another over it): of that one the text is written into the directory
 * `etc`.
 */
void etcshare_copy(const struct store *s, const char *id, pid_t pid, int etc, uid_t owner,
		   int mounts[ETC_FILES]);

#endif
