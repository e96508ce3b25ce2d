/*
 * A view of a container's files from outside: its root and its volumes, mounted in a mount
 * namespace of the caller, with the owners that the container's processes see. It works whether the
 * container runs or not. The view of an image is its root, read-only.
 *
 * Mounts that only the container's own processes see are missing: tmpfs, /proc, /sys, /dev, mounts
 * made from inside.
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
	struct filetree tree; /* the entries of a run; one without mounts is missing in the view */
	struct strv withheld; /* files of etc_files that the container blocks */
	uint64_t *mounts;     /* ids of the mounts of the view (statx(2)) */
	size_t mounts_n;
	bool running;
};

/*
 * ref: a container, or else an image. The caller must have a single thread. Descriptors opened
 * before the first view belong to another mount namespace afterwards and cannot be mounted.
 */
int ctrview_open(const struct store *s, const char *ref, struct ctrview *v, struct err *e);
void ctrview_close(struct ctrview *v);
#define own_ctrview __attribute__((cleanup(ctrview_close)))

/* Refuses a file or directory (a descriptor from beneath v->root; O_PATH suffices) at a place where
 * the container's processes see other files. */
int ctrview_check(const struct ctrview *v, int fd, struct err *e);
/* The same for a path that may be missing, such as a file in a tmpfs. */
int ctrview_check_path(const struct ctrview *v, const char *path, struct err *e);

/* Refuses a directory with mounts beneath it that the view lacks (the tmpfs of a running container,
 * a volume whose source is gone): a copy would silently lack those files. */
int ctrview_check_whole(const struct ctrview *v, int fd, struct err *e);

/* The user of the container's command. */
int ctrview_user(const struct ctrview *v, struct user *u, struct err *e);

#endif
