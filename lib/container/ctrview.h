/*
 * The files of a container as its processes see them, but from outside, with
 * the owners they have inside, whether it runs or not: its root, with its
 * volumes mounted in a mount namespace that the caller gets for it. Of an image: its
 * root, to be read.
 *
 * Not seen is what only the container's own processes can: tmpfs, /proc, /sys,
 * /dev, what was mounted from inside.
 */
#ifndef CT_CTRVIEW_H
#define CT_CTRVIEW_H

#include "container/container.h"
#include "container/filetree.h"
#include "container/user.h"
#include "store/plan.h"

struct err;

struct ctrview {
	int root; /* O_PATH */
	bool image;
	bool alone; /* the root as it is on disk, without what a run mounts */
	struct container container;
	struct plan plan;
	struct filetree tree; /* what a run mounts; an entry without mounts is not seen */
	struct strv withheld; /* files of etc_files that the container keeps from us */
};

/*
 * ref: a container, or else an image. alone: the root as ct-commit would take
 * it, without volumes. The caller is single-threaded, and descriptors that it opened
 * before its first view are of another mount namespace afterwards: not to be mounted.
 */
int ctrview_open(const struct store *s, const char *ref, bool alone, struct ctrview *v,
		 struct err *e);
void ctrview_close(struct ctrview *v);
#define own_ctrview __attribute__((cleanup(ctrview_close)))

/* Refuses a file or directory (found beneath v->root, O_PATH will do) that stands where others are
 * seen inside. */
int ctrview_check(const struct ctrview *v, int fd, struct err *e);
/* The same of a path that need not be there: what is in a tmpfs is not, seen from outside. */
int ctrview_check_path(const struct ctrview *v, const char *path, struct err *e);

/*
 * Refuses a directory of the container's that something is mounted beneath: a copy of it
 * would lack the volume, or have what the volume covers.
 */
int ctrview_check_whole(const struct ctrview *v, int fd, struct err *e);

/* The user as whom its command runs. */
int ctrview_user(const struct ctrview *v, struct user *u, struct err *e);

#endif
