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
	struct container container;
	struct plan plan;
	struct filetree tree; /* what a run mounts; an entry without mounts is not seen */
	struct strv withheld; /* files of etc_files that the container keeps from us */
	uint64_t *mounts;     /* ids of the mounts that are seen (statx(2)) */
	size_t mounts_n;
	bool running;
};

/*
 * ref: a container, or else an image. The caller is single-threaded, and descriptors that it opened
 * before its first view are of another mount namespace afterwards: not to be mounted.
 */
int ctrview_open(const struct store *s, const char *ref, struct ctrview *v, struct err *e);
void ctrview_close(struct ctrview *v);
#define own_ctrview __attribute__((cleanup(ctrview_close)))

/* Refuses a file or directory (found beneath v->root, O_PATH will do) that stands where others are
 * seen inside. */
int ctrview_check(const struct ctrview *v, int fd, struct err *e);
/* The same of a path that need not be there: what is in a tmpfs is not, seen from outside. */
int ctrview_check_path(const struct ctrview *v, const char *path, struct err *e);

/*
 * Refuses a directory that something is mounted beneath which is not seen from outside (the tmpfs
 * of a running container, a volume whose source is gone): a copy would lack those files in silence.
 */
int ctrview_check_whole(const struct ctrview *v, int fd, struct err *e);

/* The user as whom its command runs. */
int ctrview_user(const struct ctrview *v, struct user *u, struct err *e);

#endif
