#include "container/treedev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "container/treepoint.h"
#include "kernel/mount.h"

int treedev_copy(int dir, const char *name, struct err *e)
{
	return mount_copy_set(dir, name, false,
			      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
}

static int make_dir(int dir, const char *name)
{
	return explained(mkdirat(dir, name, 0755), "mkdirat(%d, \"%s\", 0755)", dir, name);
}

static int lend_node(int dev, int host_dev, const char *name, struct err *e)
{
	own_fd int fd = treedev_copy(host_dev, name, e), at = -1;

	if (fd < 0)
		return -1;
	at = explained(
		openat(dev, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666),
		"openat(%d, \"%s\", O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0666)", dev, name);
	if (at < 0)
		return err_sys(e, "make /dev/%s", name);
	return mount_attach(fd, at, name, e);
}

/* Adds every device node of a host directory and its subdirectories, except those that the
 * container has itself. */
static int lend_all(int dev, int host_dev, struct err *e)
{
	static const char *const own[] = {".", "..", "pts", "shm", "mqueue", "ptmx", "console"};
	own_dir DIR *d = NULL;
	struct dirent *entry;
	struct stat st;
	size_t i;
	int fd = openat(host_dev, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_sys(e, "/dev of the host");
	while ((entry = readdir(d))) {
		own_fd int below = -1, theirs = -1;
		const char *name = entry->d_name;

		for (i = 0; i < sizeof(own) / sizeof(*own) && strcmp(own[i], name) != 0; i++)
			continue;
		if (i < sizeof(own) / sizeof(*own) ||
		    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && lend_node(dev, fd, name, e) < 0)
			return -1;
		if (!S_ISDIR(st.st_mode))
			continue;
		if (make_dir(dev, name) < 0)
			return err_sys(e, "make /dev/%s", name);
		below = openat(dev, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		theirs = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (below >= 0 && theirs >= 0 && lend_all(below, theirs, e) < 0)
			return -1;
	}
	return 0;
}

/* Mounts a file system in /dev. */
static int mount_in_dev(int dev, const struct fsentry *entry, const char *name, struct err *e)
{
	own_fd int fd = -1, at = -1;

	if (make_dir(dev, name) < 0)
		return err_sys(e, "make %s", entry->target);
	at = openat(dev, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = mount_new(entry->type, entry->options, entry->attrs, entry->target, e);
	if (fd < 0 && entry->fallback)
		fd = mount_new(entry->type, entry->fallback, entry->attrs, entry->target, e);
	if (fd < 0 && entry->optional && (e->sys == ENODEV || e->sys == EPERM))
		return 0;
	return fd < 0 ? -1 : mount_attach(fd, at, entry->target, e);
}

/* Binds a directory of the host's /dev, or what the supervisor has taken from another container. */
static int bind_in_dev(int dev, int host_dev, const struct fsentry *entry, const char *name,
		       struct err *e)
{
	own_fd int copy = -1, at = -1;

	if (!entry->from_outside) {
		copy = mount_copy_set(host_dev, name, false, entry->attrs, e);
		if (copy < 0)
			return entry->optional && e->sys == ENOENT ? 0 : -1;
	} else if (!entry->mounts_n) {
		return err_set(e, "%s: the supervisor has handed over no mount", entry->target);
	}
	if (make_dir(dev, name) < 0)
		return err_sys(e, "make %s", entry->target);
	at = openat(dev, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mount_attach(entry->from_outside ? entry->mounts->fd : copy, at, entry->target, e);
}

static int make_in_dev(int dev, int host_dev, const struct fsentry *entry, struct err *e)
{
	const char *name = entry->target + strlen("/dev/");

	switch (entry->kind) {
	case FSENTRY_NODE:
		return lend_node(dev, host_dev, name, e);
	case FSENTRY_ALL_NODES:
		return lend_all(dev, host_dev, e);
	case FSENTRY_BIND:
		return bind_in_dev(dev, host_dev, entry, name, e);
	case FSENTRY_LINK:
		return explained(symlinkat(entry->source, dev, name),
				 "symlinkat(\"%s\", %d, \"%s\")", entry->source, dev, name) < 0
			? err_sys(e, "make %s", entry->target)
			: 0;
	default:
		return mount_in_dev(dev, entry, name, e);
	}
}

static bool is_mount(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
		st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* The new /dev covers the old one, whose nodes it has bound. It is moved to the root for a moment
 * while the old one is unmounted. */
static int replace_dev(int root, int dev, struct err *e)
{
	own_fd int at = -1;

	if (mount_attach(dev, root, "/dev", e) < 0)
		return -1;
	treepoint_uncover("/dev");
	at = treepoint_kernel(root, "/dev", e);
	return at < 0 ? -1 : mount_attach(dev, at, "/dev", e);
}

int treedev_mount(const struct filetree *t, size_t i, int root, int host, struct err *e)
{
	own_fd int at = treepoint_kernel(root, "/dev", e);
	own_fd int host_dev = openat(host, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_fd int dev = -1;

	if (at < 0)
		return -1;
	if (host_dev < 0)
		return err_sys(e, "/dev of the host");
	dev = mount_new(t->v[i].type, t->v[i].options, t->v[i].attrs, "/dev", e);
	if (dev < 0 || mount_attach(dev, at, "/dev", e) < 0)
		return -1;
	while (++i < t->n && t->v[i].phase == FSENTRY_KERNEL &&
	       fsentry_contains("/dev", t->v[i].target))
		if (make_in_dev(dev, host_dev, &t->v[i], e) < 0)
			return -1;
	if (is_mount(at) && replace_dev(root, dev, e) < 0)
		return -1;
	return take_fd(&dev);
}

int treedev_attach(int root, int dev, int mount, const char *path, struct err *e)
{
	static const char shelf[] = ".new";
	own_fd int at = -1, node = -1;
	int failed;

	/* A node can be bound only while its file system is attached: for a moment, to a directory
	 * in /dev. */
	if (explained(mkdirat(dev, shelf, 0700), "mkdirat(%d, \"%s\", 0700)", dev, shelf) < 0)
		return err_sys(e, "%s: make /dev/%s", path, shelf);
	at = openat(dev, shelf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount_attach(mount, at, path, e) < 0)
		return -1;
	node = mount_copy(mount, "node", false, e);
	failed = node < 0 || treepoint_attach(root, node, path, e) < 0;
	if (explained(fchdir(dev), "fchdir(%d)", dev) < 0 ||
	    explained(umount2(shelf, MNT_DETACH | UMOUNT_NOFOLLOW),
		      "umount2(\"%s\", MNT_DETACH|UMOUNT_NOFOLLOW)", shelf) < 0 ||
	    explained(chdir("/"), "chdir(\"/\")") < 0 ||
	    explained(unlinkat(dev, shelf, AT_REMOVEDIR), "unlinkat(%d, \"%s\", AT_REMOVEDIR)", dev,
		      shelf) < 0)
		return failed ? -1 : err_sys(e, "%s: clear /dev/%s", path, shelf);
	return failed ? -1 : 0;
}
