/*
 * Users of a container, from its own /etc/passwd and /etc/group, which are
 * hostile: regular files only, and no more than their first MiB is looked at.
 */
#ifndef CT_USER_H
#define CT_USER_H

#include <sys/types.h>

struct err;

enum { USER_GROUPS = 128 };

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS]; /* supplementary */
	int groups_n;
	char home[256]; /* "/" if nobody says */
};

/*
 * spec: USER[:GROUP], each a name or a number; NULL or "": root. root is a
 * descriptor of the container's root directory. A name that is not there is an
 * error; a number need not be.
 */
int user_find(int root, const char *spec, struct user *u, struct err *e);

/* The error of a system call that was to take the id of a "user" or a "group" (errno). */
int user_id_failed(const char *what, unsigned id, struct err *e);

#endif
