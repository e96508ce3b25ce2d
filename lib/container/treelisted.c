#include "container/treelisted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "container/devnode.h"
#include "container/treecgroup.h"
#include "container/treedev.h"
#include "container/treemask.h"
#include "container/treepoint.h"
#include "kernel/mount.h"
#include "tar/treecopy.h"

static bool is_kernels(const char *type)
{
	return str_equal(type, "proc") || str_equal(type, "sysfs");
}

/* Opens the directory above the target, which is made if it is missing, and finds the name in it. */
static int open_above(int root, const char *target, const char **name, struct err *e)
{
	const char *slash = strrchr(target, '/');
	own_str char *above = str_dup_n(target, (size_t)(slash - target));

	*name = slash + 1;
	return path_mkdirs(root, *above ? above : "/", 0755, e);
}

static int make_link(int root, const char *target, const char *to, struct err *e)
{
	const char *name;
	own_fd int dir = open_above(root, target, &name, e);

	if (dir < 0)
		return -1;
	if (explained(symlinkat(to, dir, name), "symlinkat(\"%s\", %d, \"%s\")", to, dir, name) <
		    0 &&
	    errno != EEXIST)
		return err_sys(e, "make the link %s", target);
	return 0;
}

/* 1: the source is a link, and the target has a copy of it. */
static int copy_link(const struct fsentry *entry, int root, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlink(entry->source, to, sizeof(to) - 1);

	if (n < 0)
		return 0;
	to[n] = '\0';
	return make_link(root, entry->target, to, e) < 0 ? -1 : 1;
}

static int attach(int mount, const struct fsentry *entry, int root, struct err *e)
{
	own_fd int at = -1;

	if (!is_kernels(entry->type))
		return treepoint_attach(root, mount, entry->target, e);
	at = treepoint_kernel(root, entry->target, e);
	return at < 0 ? -1 : mount_attach(mount, at, entry->target, e);
}

static int mount_bind(const struct fsentry *entry, int root, struct err *e)
{
	int copied = entry->mount->flags.copy_link ? copy_link(entry, root, e) : 0;

	if (copied)
		return copied < 0 ? -1 : 0;
	for (size_t i = 0; i < entry->mounts_n; i++)
		if (attach(entry->mounts[i].fd, entry, root, e) < 0)
			return -1;
	return 0;
}

/* A tmpfs begins with a copy of the directory that it covers. */
static int copy_up(int mount, const struct fsentry *entry, int root, struct err *e)
{
	own_fd int from = path_open(root, entry->target, O_RDONLY | O_DIRECTORY, 0);
	own_fd int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (from < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", entry->target);
	if (to < 0)
		return err_sys(e, "mount %s", entry->target);
	return treecopy_copy(from, entry->target, to, NULL, NULL, e);
}

static int mount_fresh(const struct fsentry *entry, int root, int host, struct err *e)
{
	const struct bundle_mount *m = entry->mount;
	own_fd int fd = -1;

	if (str_equal(entry->type, "cgroup"))
		return treecgroup_mount(entry, root, host, e);
	fd = mount_new_from(entry->type, entry->source, entry->options, entry->attrs, entry->target,
			    e);
	/* sysfs shows a network namespace; only the owner of that namespace may mount it. */
	if (fd < 0 && e->sys == EPERM && str_equal(entry->type, "sysfs"))
		fd = mount_copy_set(host, "sys", true, entry->attrs, e);
	if (fd < 0 || (m->flags.copy_up && copy_up(fd, entry, root, e) < 0) ||
	    attach(fd, entry, root, e) < 0)
		return -1;
	return m->flags.propagation ? mount_apply(fd, &m->flags, entry->target, e) : 0;
}

/* The node of the host, which a user namespace cannot make. */
static int lend_node(const struct fsentry *entry, int root, int host, struct err *e)
{
	own_fd int fd = treedev_copy(host, entry->target + 1, e);

	return fd < 0 ? -1 : treepoint_attach(root, fd, entry->target, e);
}

static int make_device(const struct fsentry *entry, int root, struct err *e)
{
	own_fd int dev = -1;

	if (!entry->from_outside)
		return devnode_make(root, entry->device, e);
	dev = path_mkdirs(root, "/dev", 0755, e);
	return dev < 0 || !entry->mounts_n
		? -1
		: treedev_attach(root, dev, entry->mounts->fd, entry->target, e);
}

/*
 * Unlike the paths of ct's own list, any path may be given, whose other options stay. A mount of
 * the bundle's own changes in its place.
 */
static int make_read_only(const struct fsentry *entry, int root, struct err *e)
{
	own_fd int at = path_open(root, entry->target, O_PATH, 0), fd = -1;

	if (at < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "%s", entry->target);
	if (entry->mount)
		return mount_set(at, MOUNT_ATTR_RDONLY, false, entry->target, e);
	fd = mount_copy(at, "", true, e);
	if (fd < 0 || mount_set(fd, MOUNT_ATTR_RDONLY, false, entry->target, e) < 0)
		return -1;
	return mount_attach(fd, at, entry->target, e);
}

int treelisted_mount(const struct fsentry *entry, int root, int host, struct err *e)
{
	switch (entry->kind) {
	case FSENTRY_BIND:
		return mount_bind(entry, root, e);
	case FSENTRY_NEW:
		return mount_fresh(entry, root, host, e);
	case FSENTRY_NODE:
		return lend_node(entry, root, host, e);
	case FSENTRY_DEVICE:
		return make_device(entry, root, e);
	case FSENTRY_LINK:
		return make_link(root, entry->target, entry->source, e);
	case FSENTRY_READ_ONLY:
		return make_read_only(entry, root, e);
	default:
		return treemask_cover(entry, root, host, e);
	}
}
