/*
 * The files of a container as its processes see them, but from outside, with
 * the owners they have inside, whether it runs or not: its root, with its
 * volumes mounted in a mount namespace that the caller gets for it. Of an image: its
 * root, to be read.
 *
 * Not seen is what only the container's own processes can: tmpfs, /proc, /sys,
 * /dev, what was mounted from inside.
 */
#ifndef CT_VIEW_H
#define CT_VIEW_H

#include "container.h"
#include "filetree.h"
#include "plan.h"
#include "user.h"

struct err;

struct view {
	int root;			/* O_PATH */
	bool image;
	bool alone;			/* the root as it is on disk, without what a run mounts */
	struct container container;
	struct plan plan;
	struct filetree tree;		/* what a run mounts; an entry without mounts is not seen */
	struct strv withheld;		/* files of etc_files that the container keeps from us */
};

/*
 * ref: a container, or else an image. alone: the root as ct-commit would take
 * it, without volumes. The caller is single-threaded, and descriptors that it opened
 * before its first view are of another mount namespace afterwards: not to be mounted.
 */
int view_open(const struct store *s, const char *ref, bool alone, struct view *v, struct err *e);
void view_close(struct view *v);
#define own_view __attribute__((cleanup(view_close)))

/* Refuses a file or directory (found beneath v->root, O_PATH will do) that stands where others are seen inside. */
int view_check(const struct view *v, int fd, struct err *e);
/* The same of a path that need not be there: what is in a tmpfs is not, seen from outside. */
int view_check_path(const struct view *v, const char *path, struct err *e);

/*
 * Refuses a directory of the container's that something is mounted beneath: a copy of it
 * would lack the volume, or have what the volume covers.
 */
int view_check_whole(const struct view *v, int fd, struct err *e);

/* The user as whom its command runs. */
int view_user(const struct view *v, struct user *u, struct err *e);

#endif
