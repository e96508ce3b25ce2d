#include "container/treecgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"
#include "container/treepoint.h"
#include "kernel/mount.h"

#define ON_HOST "sys/fs/cgroup"

/* A hierarchy as /proc/self/cgroup lists it: "4:cpu,cpuacct:/path". */
struct line {
	char *controllers; /* "" for v2, "name=systemd" without a controller */
	char *path;        /* of this process's cgroup, as its cgroup namespace shows it */
};

static bool read_line(FILE *f, char **text, size_t *room, struct line *l)
{
	ssize_t n = getline(text, room, f);
	char *p = n < 0 ? NULL : strchr(*text, ':');

	if (!p)
		return false;
	(*text)[strcspn(*text, "\n")] = '\0';
	l->controllers = p + 1;
	p = strchr(p + 1, ':');
	if (!p)
		return false;
	*p++ = '\0';
	l->path = p;
	return true;
}

/* The name of the hierarchy's directory: systemd's for "name=systemd", unified for v2. */
static const char *directory_of(const struct line *l)
{
	if (!*l->controllers)
		return "unified";
	return str_starts(l->controllers, "name=") ? l->controllers + strlen("name=")
						   : l->controllers;
}

static int new_hierarchy(const struct line *l, uint64_t attrs, const char *what, struct err *e)
{
	own_str char *options = NULL;

	if (!*l->controllers)
		return mount_new("cgroup2", NULL, attrs, what, e);
	options =
		str_fmt("%s%s", str_starts(l->controllers, "name=") ? "none," : "", l->controllers);
	return mount_new("cgroup", options, attrs, what, e);
}

/*
 * Mounts one hierarchy. A new mount shows the root of the cgroup namespace; without a namespace of
 * its own the container gets a bind mount of its cgroup.
 */
static int mount_hierarchy(const struct line *l, int dir, const char *name, int host,
			   uint64_t attrs, bool own, struct err *e)
{
	own_str char *ours = str_fmt(ON_HOST "%s%s%s", *name ? "/" : "", name, l->path);
	own_fd int fd = own ? new_hierarchy(l, attrs, directory_of(l), e) : -1, at = -1;

	if (fd < 0)
		fd = mount_copy_set(host, ours, false, attrs, e);
	if (fd < 0) /* listed by the kernel, but not mounted on this host */
		return e->sys == ENOENT ? 0 : -1;
	if (*name && mkdirat(dir, name, 0755) < 0)
		return err_sys(e, "make directory %s", name);
	at = openat(dir, *name ? name : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return at < 0 ? err_sys(e, "%s", name) : mount_attach(fd, at, name, e);
}

/* Makes the links cpu and cpuacct to cpu,cpuacct. */
static void link_each(int dir, const char *name)
{
	own_strv struct strv each = {0};

	strv_split(&each, name, ',');
	for (size_t i = 0; each.n > 1 && i < each.n; i++)
		if (symlinkat(name, dir, each.v[i]) < 0)
			continue;
}

static bool is_there(int host, const char *name)
{
	own_str char *path = str_fmt(ON_HOST "/%s", name);

	return faccessat(host, path, F_OK, 0) == 0;
}

static int mount_each(FILE *f, int dir, int host, uint64_t attrs, bool own, struct err *e)
{
	own_str char *text = NULL;
	size_t room = 0;
	struct line l;

	while (read_line(f, &text, &room, &l)) {
		const char *name = directory_of(&l);

		if (!is_there(host, name))
			continue;
		if (mount_hierarchy(&l, dir, name, host, attrs, own, e) < 0)
			return -1;
		link_each(dir, name);
	}
	return 0;
}

static int mount_v2(const struct fsentry *entry, int root, int host, uint64_t attrs, struct err *e)
{
	own_fd int at = treepoint_kernel(root, entry->target, e);
	own_file FILE *f = at < 0 ? NULL : fopen("/proc/self/cgroup", "re");
	own_str char *text = NULL;
	size_t room = 0;
	struct line l;

	if (at < 0)
		return -1;
	if (!f || !read_line(f, &text, &room, &l))
		return err_sys(e, "/proc/self/cgroup");
	return mount_hierarchy(&l, at, "", host, attrs, !entry->lent, e);
}

int treecgroup_mount(const struct fsentry *entry, int root, int host, struct err *e)
{
	uint64_t quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	uint64_t attrs = entry->attrs | quiet;
	own_fd int fd = -1, at = -1;
	own_file FILE *f = NULL;

	if (faccessat(host, ON_HOST "/cgroup.controllers", F_OK, 0) == 0)
		return mount_v2(entry, root, host, attrs, e);
	f = fopen("/proc/self/cgroup", "re");
	if (!f)
		return err_sys(e, "/proc/self/cgroup");
	at = treepoint_kernel(root, entry->target, e);
	fd = at < 0 ? -1 : mount_new("tmpfs", "mode=755", quiet, entry->target, e);
	if (fd < 0 || mount_attach(fd, at, entry->target, e) < 0 ||
	    mount_each(f, fd, host, attrs, !entry->lent, e) < 0)
		return -1;
	return entry->attrs & MOUNT_ATTR_RDONLY
		? mount_set(fd, MOUNT_ATTR_RDONLY, false, entry->target, e)
		: 0;
}
