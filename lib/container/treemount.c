#include "container/treemount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "container/rootfs.h"
#include "container/treedev.h"
#include "kernel/mount.h"

/* Where the mounts go. */
struct cppath {
	int root, host, dev;
	const char *bound; /* the host's mounts stand here and below; NULL: nowhere */
};

/* ---- mount points ---- */

/*
 * A file to mount on. A link to what is not there is as good (resolv.conf to a
 * /run that is filled when a system boots): what it means is made, in the root.
 */
static int file_point(int root, const char *path, struct err *e)
{
	int fd = path_mkfile(root, path, 0644, e);
	own_fd int link = fd < 0 && e->sys == ENOENT ? path_open(root, path, O_PATH | O_NOFOLLOW, 0)
						     : -1;
	ptrdiff_t dir = strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0;
	char to[PATH_MAX];
	ssize_t n = link < 0 ? -1 : readlinkat(link, "", to, sizeof(to));

	if (n <= 0)
		return fd;

	own_str char *meant = str_fmt("%.*s%.*s", *to == '/' ? 0 : (int)dir, path, (int)n, to);

	return path_mkfile(root, meant, 0644, e);
}

/* Attaches a detached mount at an absolute path, which is made if missing: as a directory or a
 * file. */
static int attach_at(int root, int mount, const char *path, struct err *e)
{
	own_fd int at = -1;
	struct stat st;

	if (fstat(mount, &st) < 0)
		return err_sys(e, "%s", path);
	at = S_ISDIR(st.st_mode) ? path_mkdirs(root, path, 0755, e) : file_point(root, path, e);
	return at < 0 ? -1 : mount_attach(mount, at, path, e);
}

/* ---- /proc and /sys ---- */

/* A copy of the host's mount at that path. */
static int borrow(const struct fsentry *entry, struct cppath *p, struct err *e)
{
	own_fd int fd = mount_copy(p->host, entry->target + 1, entry->recursive, e);

	if (fd < 0 || mount_set(fd, entry->attrs, entry->recursive, entry->target, e) < 0)
		return -1;
	if (entry->recursive)
		p->bound = entry->target;
	return take_fd(&fd);
}

/* Of a new file system, or of the host's where this one cannot be had. */
static int mount_kernel_fs(const struct fsentry *entry, struct cppath *p, struct err *e)
{
	const char *name = entry->target + 1;
	bool top = !strchr(name, '/');
	own_fd int fd = -1, at = -1;

	/* Before anything goes: in a user namespace a new proc takes one that can be seen
	 * (mount_too_revealing). */
	if (entry->optional) {
		at = path_open(p->root, name, O_PATH | O_DIRECTORY, 0);
		if (at < 0)
			return 0;
	}
	if (entry->kind == FSENTRY_NEW)
		fd = mount_new(entry->type, entry->options, entry->attrs, entry->target, e);
	if (fd < 0 && entry->kind == FSENTRY_NEW && !(entry->lent && e->sys == EPERM))
		return -1;
	if (fd < 0)
		fd = borrow(entry, p, e);
	if (fd < 0)
		return -1;
	if (top)
		rootfs_uncover(name);
	if (at < 0)
		at = top ? treedev_top(p->root, name, e)
			 : path_mkdirs(p->root, entry->target, 0755, e);
	return at < 0 ? -1 : mount_attach(fd, at, entry->target, e);
}

/* Hides what is there, or makes it read-only; a kernel need not have it. */
static int restrict_path(const struct fsentry *entry, const struct cppath *p, struct err *e)
{
	own_fd int at = path_open(p->root, entry->target + 1, O_PATH | O_NOFOLLOW, 0), fd = -1;
	struct stat st;

	if (at < 0)
		return 0;
	if (fstat(at, &st) < 0)
		return err_sys(e, "%s", entry->target);
	if (entry->kind == FSENTRY_READ_ONLY) {
		fd = mount_copy(at, "", false, e);
		if (fd < 0 ||
		    mount_set(fd,
			      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				      MOUNT_ATTR_NOEXEC,
			      false, entry->target, e) < 0)
			return -1;
	} else if (S_ISDIR(st.st_mode)) {
		fd = mount_new("tmpfs", "size=4k,nr_inodes=1,mode=755",
			       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				       MOUNT_ATTR_NOEXEC,
			       entry->target, e);
	} else {
		fd = treedev_copy(p->host, "dev/null", e);
	}
	return fd < 0 ? -1 : mount_attach(fd, at, entry->target, e);
}

int treemount_kernel(const struct filetree *t, int root, int host, int *dev, struct err *e)
{
	struct cppath p = {.root = root, .host = host, .dev = -1};
	int n;

	for (size_t i = 0; i < t->n; i += (size_t)n) {
		const struct fsentry *entry = &t->v[i];

		n = 1;
		if (entry->phase != FSENTRY_KERNEL ||
		    (p.bound && fsentry_contains(p.bound, entry->target) &&
		     entry->kind != FSENTRY_MASK && entry->kind != FSENTRY_READ_ONLY))
			continue;
		if (str_equal(entry->target, "/dev"))
			n = treedev_mount(t, i, root, host, &p.dev, e);
		else if (entry->kind == FSENTRY_MASK || entry->kind == FSENTRY_READ_ONLY)
			n = restrict_path(entry, &p, e) < 0 ? -1 : 1;
		else
			n = mount_kernel_fs(entry, &p, e) < 0 ? -1 : 1;
		if (n < 0)
			return -1;
	}
	*dev = p.dev;
	return 0;
}

/* ---- what the image and the user mount ---- */

static int attach_device(int root, int dev, int mount, const char *path, struct err *e)
{
	static const char shelf[] = ".new";
	own_fd int at = -1, node = -1;
	int failed;

	/* A node can be bound only from where it is seen: for a moment, on a shelf in /dev. */
	if (mkdirat(dev, shelf, 0700) < 0)
		return err_sys(e, "%s: make /dev/%s", path, shelf);
	at = openat(dev, shelf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount_attach(mount, at, path, e) < 0)
		return -1;
	node = mount_copy(mount, "node", false, e);
	failed = node < 0 || attach_at(root, node, path, e) < 0;
	if (fchdir(dev) < 0 || umount2(shelf, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 || chdir("/") < 0 ||
	    unlinkat(dev, shelf, AT_REMOVEDIR) < 0)
		return failed ? -1 : err_sys(e, "%s: clear /dev/%s", path, shelf);
	return failed ? -1 : 0;
}

static int mount_prepared(const struct fsentry *entry, int root, int dev, struct err *e)
{
	for (size_t i = 0; i < entry->mounts_n; i++) {
		own_str char *target = str_fmt("%s%s", entry->target, entry->mounts[i].below);
		int fd = entry->mounts[i].fd;

		if ((entry->kind == FSENTRY_DEVICE ? attach_device(root, dev, fd, target, e)
						   : attach_at(root, fd, target, e)) < 0)
			return -1;
	}
	return 0;
}

/*
 * The file system stays on the host's /etc in this mount namespace, and goes with the host's tree:
 * a mount of a file can only be copied from where it is seen (before Linux 6.15), and an umount of
 * its own would wait for an RCU grace period.
 */
int treemount_files(struct filetree *t, int host, struct err *e)
{
	own_fd int at = -1;
	int files = -1;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].kind == FSENTRY_FILES && t->v[i].mounts_n)
			files = t->v[i].mounts->fd;
	if (files < 0)
		return 0;
	at = openat(host, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, "the host's /etc");
	if (mount_attach(files, at, "/etc", e) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		struct fsentry *entry = &t->v[i];
		own_fd int fd = -1;

		if (entry->kind != FSENTRY_BIND || entry->from != FSENTRY_STATE || entry->mounts_n)
			continue;
		fd = mount_copy(files, entry->source, false, e);
		/* The other attributes are those of the file system. */
		if (fd < 0 ||
		    ((entry->attrs & MOUNT_ATTR_RDONLY) &&
		     mount_set(fd, entry->attrs, false, entry->target, e) < 0))
			return -1;
		fsentry_add_mount(entry, take_fd(&fd), "");
	}
	return 0;
}

/* What stands below the root that the container was given, and then the user's own mounts. */
/* An image may have anything there, a link that leads nowhere or a file system that is full. */
static void make_mark(const struct fsentry *entry, int root)
{
	struct err ignored;
	own_fd int fd = path_mkfile(root, entry->target, 0644, &ignored);
}

int treemount_user(const struct filetree *t, int root, int dev, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct fsentry *entry = &t->v[i];
		own_fd int fd = -1;

		if (entry->phase == FSENTRY_ROOT) {
			for (size_t k = 1; k < entry->mounts_n; k++)
				if (attach_at(root, entry->mounts[k].fd, entry->mounts[k].below,
					      e) < 0)
					return -1;
			continue;
		}
		if (entry->phase != FSENTRY_USER || entry->kind == FSENTRY_FILES)
			continue;
		if (entry->kind == FSENTRY_MARK) {
			if (!entry->from_outside)
				make_mark(entry, root);
			continue;
		}
		if (entry->from_outside) {
			if (mount_prepared(entry, root, dev, e) < 0)
				return -1;
			continue;
		}
		fd = mount_new(entry->type, entry->options, entry->attrs, entry->target, e);
		if (fd < 0 || attach_at(root, fd, entry->target, e) < 0)
			return -1;
	}
	return 0;
}

int treemount_last(const struct filetree *t, int root, struct err *e)
{
	for (size_t i = 0; i < t->n; i++)
		/* The descriptor is of the root's mount itself: O_PATH on "/" after the pivot. */
		if (t->v[i].phase == FSENTRY_LAST &&
		    mount_set(root, MOUNT_ATTR_RDONLY, false, "/", e) < 0)
			return -1;
	return 0;
}
