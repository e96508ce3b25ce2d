/*
 * Looks up users in the container's /etc/passwd and /etc/group. The files are hostile input: only
 * regular files are read, and only the first MiB.
 */
#ifndef CT_USER_H
#define CT_USER_H

#include <sys/types.h>

struct err;
struct strv;

enum { USER_GROUPS = 128 };

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS]; /* supplementary */
	int groups_n;
	char home[256]; /* "/" if /etc/passwd has no entry */
};

/*
 * spec: USER[:GROUP], each a name or a number; NULL or "": root. root is a descriptor of the
 * container's root directory. A name must exist; a number need not.
 */
int user_find(int root, const char *spec, struct user *u, struct err *e);

/* Gives this process the ids, and exactly these supplementary groups. */
int user_become(uid_t uid, gid_t gid, size_t groups_n, const gid_t *groups, struct err *e);

/* Adds supplementary groups, each a name of the container or a number. */
int user_add_groups(int root, const struct strv *groups, struct user *u, struct err *e);

/* The error for a system call that failed (errno) to set the id of a "user" or a "group" (what). */
int user_id_failed(const char *what, unsigned id, struct err *e);

#endif
