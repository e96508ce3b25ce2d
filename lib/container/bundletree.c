#include "container/bundletree.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/str.h"
#include "store/bundle.h"
#include "store/plan.h"

/* The devices and links that config-linux.md requires. */
static const struct bundle_device nodes[] = {
	{.path = "/dev/null", .type = 'c', .major = 1, .minor = 3},
	{.path = "/dev/zero", .type = 'c', .major = 1, .minor = 5},
	{.path = "/dev/full", .type = 'c', .major = 1, .minor = 7},
	{.path = "/dev/random", .type = 'c', .major = 1, .minor = 8},
	{.path = "/dev/urandom", .type = 'c', .major = 1, .minor = 9},
	{.path = "/dev/tty", .type = 'c', .major = 5, .minor = 0},
};

static const char *const links[][2] = {
	{"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
	{"/proc/kcore", "/dev/core"},       {"pts/ptmx", "/dev/ptmx"},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ADD(t, ...)  filetree_add(t, &(struct fsentry){.phase = FSENTRY_LISTED, __VA_ARGS__})

/* Without a cgroup namespace of its own, a mount of type cgroup is a bind mount of its cgroup. */
static bool has_cgroup_namespace(const struct plan *p)
{
	for (size_t i = 0; i < p->bundle->joins_n; i++)
		if (p->bundle->joins[i].flag == CLONE_NEWCGROUP)
			return true;
	return plan_has_stage(p, STAGE_CGNS);
}

/* A read-only tmpfs gets its mount points, devices and links first: /dev of podman --read-only. */
static bool becomes_read_only(const struct bundle_mount *m)
{
	return !m->flags.bind && m->flags.set & MOUNT_ATTR_RDONLY && str_equal(m->type, "tmpfs");
}

static int add_mount(struct filetree *t, const struct bundle_mount *m, bool lent, struct err *e)
{
	if (*m->target != '/')
		return err_set(e, "mount %s: not an absolute path", m->target);
	if (m->flags.bind && (!m->source || *m->source != '/'))
		return err_set(e, "mount %s: a bind mount needs an absolute source", m->target);
	if (m->flags.bind)
		ADD(t, .kind = FSENTRY_BIND, .from = FSENTRY_HOST, .source = str_dup(m->source),
		    .target = str_dup(m->target), .recursive = m->flags.recursive,
		    .from_outside = true, .mount = m);
	else
		ADD(t, .kind = FSENTRY_NEW, .target = str_dup(m->target), .type = m->type,
		    .source = str_dup(m->source ? m->source : m->type), .options = str_dup(m->data),
		    .lent = lent, .mount = m,
		    .attrs = (m->flags.set | m->flags.all_set) &
			    ~(becomes_read_only(m) ? (uint64_t)MOUNT_ATTR_RDONLY : 0));
	return 0;
}

/* A /dev of the host keeps its own nodes and links. */
static bool has_dev_of_host(const struct bundle *b)
{
	for (size_t i = 0; i < b->mounts_n; i++)
		if (b->mounts[i].flags.bind && str_equal(b->mounts[i].target, "/dev"))
			return true;
	return false;
}

static bool is_given(const struct bundle *b, const char *path)
{
	for (size_t i = 0; i < b->devices_n; i++)
		if (str_equal(b->devices[i].path, path))
			return true;
	return false;
}

/* podman --privileged lists all devices of the host, also this one: the link to pts/ptmx leads to
 * the container's own. */
static bool is_multiplexer(const struct bundle_device *d)
{
	return str_equal(d->path, "/dev/ptmx");
}

static void add_dev(struct filetree *t, const struct bundle *b, bool mapped)
{
	for (size_t i = 0; i < COUNT(nodes); i++)
		if (!is_given(b, nodes[i].path))
			ADD(t, .kind = mapped ? FSENTRY_NODE : FSENTRY_DEVICE,
			    .target = str_dup(nodes[i].path), .device = &nodes[i]);
	for (size_t i = 0; i < COUNT(links); i++)
		ADD(t, .kind = FSENTRY_LINK, .source = str_dup(links[i][0]),
		    .target = str_dup(links[i][1]));
}

static void add_paths(struct filetree *t, enum fsentry_kind kind, const char *const *paths)
{
	for (; paths && *paths; paths++)
		ADD(t, .kind = kind, .target = str_dup(*paths), .optional = true);
}

int bundletree_build(struct filetree *t, const struct plan *p, bool mapped, struct err *e)
{
	const struct bundle *b = p->bundle;
	bool own_dev = b->default_dev && !has_dev_of_host(b);

	filetree_add(t,
		     &(struct fsentry){.kind = FSENTRY_BIND,
				       .phase = FSENTRY_ROOT,
				       .source = str_dup(p->rootfs),
				       .target = str_dup("/"),
				       .recursive = true,
				       .from_outside = true});
	for (size_t i = 0; i < b->mounts_n; i++)
		if (add_mount(t, &b->mounts[i], !has_cgroup_namespace(p), e) < 0)
			return -1;
	if (own_dev)
		add_dev(t, b, mapped);
	for (size_t i = 0; i < b->devices_n; i++)
		if (!own_dev || !is_multiplexer(&b->devices[i]))
			ADD(t, .kind = FSENTRY_DEVICE, .target = str_dup(b->devices[i].path),
			    .from_outside = mapped, .device = &b->devices[i]);
	for (size_t i = 0; i < b->mounts_n; i++)
		if (becomes_read_only(&b->mounts[i]))
			ADD(t, .kind = FSENTRY_READ_ONLY, .target = str_dup(b->mounts[i].target),
			    .mount = &b->mounts[i]);
	add_paths(t, FSENTRY_MASK, b->masked);
	add_paths(t, FSENTRY_READ_ONLY, b->read_only);
	return 0;
}
