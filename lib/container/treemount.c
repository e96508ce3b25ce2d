#include "container/treemount.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "container/treedev.h"
#include "container/treelisted.h"
#include "container/treemask.h"
#include "container/treepoint.h"
#include "kernel/mount.h"

/* A tree that is being mounted. */
struct tree_mounting {
	const struct filetree *tree;
	struct treeplace *at;
	const char *whole; /* the last target that was mounted recursively; NULL: none yet */
};

/* Makes a copy of the host's mount at the same path. */
static int borrow(const struct fsentry *entry, struct tree_mounting *m, struct err *e)
{
	int fd = mount_copy_set(m->at->host, entry->target + 1, entry->recursive, entry->attrs, e);

	if (fd >= 0 && entry->recursive)
		m->whole = entry->target;
	return fd;
}

/* Makes a new file system, or copies the host's where this user namespace may not mount one. */
static int new_or_lent(const struct fsentry *entry, struct tree_mounting *m, struct err *e)
{
	int fd;

	if (entry->kind != FSENTRY_NEW)
		return borrow(entry, m, e);
	fd = mount_new(entry->type, entry->options, entry->attrs, entry->target, e);
	return fd < 0 && entry->lent && e->sys == EPERM ? borrow(entry, m, e) : fd;
}

/* Mounts /proc, /sys and the file systems in them. */
static int mount_kernel(const struct fsentry *entry, struct tree_mounting *m, struct err *e)
{
	own_fd int fd = -1, at = -1;

	if (entry->optional) {
		at = path_open(m->at->root, entry->target + 1, O_PATH | O_DIRECTORY, 0);
		if (at < 0)
			return 0;
	}
	/* Made before the old mount is removed: in a user namespace the kernel mounts a new /proc
	 * only while another one is visible (mount_too_revealing). */
	fd = new_or_lent(entry, m, e);
	if (fd < 0)
		return -1;
	if (at < 0) {
		treepoint_uncover(entry->target);
		at = treepoint_kernel(m->at->root, entry->target, e);
	}
	return at < 0 ? -1 : mount_attach(fd, at, entry->target, e);
}

/* Mounts /dev and its content. */
static int mount_dev(const struct fsentry *entry, struct tree_mounting *m, struct err *e)
{
	m->at->dev =
		treedev_mount(m->tree, (size_t)(entry - m->tree->v), m->at->root, m->at->host, e);
	m->whole = entry->target;
	return m->at->dev < 0 ? -1 : 0;
}

/* Attaches the mounts that the supervisor made: of the entry, then those below it. The root's own
 * mount is "/" already. */
static int attach_prepared(const struct fsentry *entry, const struct treeplace *at, struct err *e)
{
	bool is_root = entry->phase == FSENTRY_ROOT;

	for (size_t i = is_root ? 1 : 0; i < entry->mounts_n; i++) {
		int fd = entry->mounts[i].fd;
		own_str char *target =
			str_fmt("%s%s", is_root ? "" : entry->target, entry->mounts[i].below);

		if ((entry->kind == FSENTRY_DEVICE
			     ? treedev_attach(at->root, at->dev, fd, target, e)
			     : treepoint_attach(at->root, fd, target, e)) < 0)
			return -1;
	}
	return 0;
}

static int mount_tmpfs(const struct fsentry *entry, int root, struct err *e)
{
	own_fd int fd = mount_new(entry->type, entry->options, entry->attrs, entry->target, e);

	return fd < 0 ? -1 : treepoint_attach(root, fd, entry->target, e);
}

/* Ignores errors: the image may have a dangling link there, or the file system may be full. */
static void make_mark(const struct fsentry *entry, int root)
{
	struct err ignored;
	own_fd int fd = path_mkfile(root, entry->target, 0644, &ignored);
}

static int mount_entry(const struct fsentry *entry, struct tree_mounting *m, struct err *e)
{
	bool of_kernel = entry->phase == FSENTRY_KERNEL;

	if (entry->phase == FSENTRY_LISTED)
		return treelisted_mount(entry, m->at->root, m->at->host, e);
	switch (entry->kind) {
	case FSENTRY_MASK:
	case FSENTRY_READ_ONLY:
		/* The root's descriptor is that of the mount: O_PATH on "/" after the pivot. */
		return entry->phase == FSENTRY_LAST
			? mount_set(m->at->root, MOUNT_ATTR_RDONLY, false, "/", e)
			: treemask_cover(entry, m->at->root, m->at->host, e);
	case FSENTRY_FILES: /* treeetc.h */
		return 0;
	case FSENTRY_MARK:
		if (!entry->from_outside)
			make_mark(entry, m->at->root);
		return 0;
	default:
		if (of_kernel)
			return str_equal(entry->target, "/dev") ? mount_dev(entry, m, e)
								: mount_kernel(entry, m, e);
		return entry->from_outside ? attach_prepared(entry, m->at, e)
					   : mount_tmpfs(entry, m->at->root, e);
	}
}

/* Whether a recursive mount has the entry already. Masks and read-only mounts are always made. */
static bool is_there(const struct fsentry *entry, const struct tree_mounting *m)
{
	return m->whole && fsentry_contains(m->whole, entry->target) &&
		entry->kind != FSENTRY_MASK && entry->kind != FSENTRY_READ_ONLY;
}

int treemount(const struct filetree *t, enum fsentry_phase phase, struct treeplace *at,
	      struct err *e)
{
	struct tree_mounting m = {.tree = t, .at = at};

	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].phase != phase)
			continue;
		if (t->open && t->v[i].from_outside && !t->v[i].mounts_n &&
		    t->open(t->open_arg, i, e) < 0)
			return -1;
		if (!is_there(&t->v[i], &m) && mount_entry(&t->v[i], &m, e) < 0)
			return -1;
		if (t->mounted)
			t->mounted(t->mounted_arg, i);
	}
	return 0;
}
