#include "container/filetree.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "container/etc.h"
#include "container/mountspec.h"
#include "store/plan.h"
#include "store/volstore.h"

enum { QUIET = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

/* Files that show the host's hardware, memory or keys. */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
};

/* Files that change the host when they are written. */
static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					"/proc/sysrq-trigger"};

static const char *const nodes[] = {"/dev/null",   "/dev/zero",    "/dev/full",
				    "/dev/random", "/dev/urandom", "/dev/tty"};

static const char *const links[][2] = {
	{"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
	{"/proc/kcore", "/dev/core"},       {"pts/ptmx", "/dev/ptmx"},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

void filetree_add(struct filetree *t, const struct fsentry *entry)
{
	t->v = mem_grow_one(t->v, t->n, sizeof(*t->v));
	t->v[t->n++] = *entry;
}

#define ADD(t, ...) filetree_add(t, &(struct fsentry){__VA_ARGS__})

static void add_root(struct filetree *t, const struct plan *p)
{
	ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_ROOT,
	    .from = p->rootfs ? FSENTRY_HOST : FSENTRY_HOME,
	    .source = str_dup(p->rootfs ? p->rootfs : "rootfs"), .target = str_dup("/"),
	    .recursive = p->rootfs, .attrs = p->privileged ? 0 : MOUNT_ATTR_NODEV, .mapped = true,
	    .from_outside = true);
}

static void add_new(struct filetree *t, const char *target, const char *type, const char *options,
		    uint64_t attrs)
{
	ADD(t, .kind = FSENTRY_NEW, .phase = FSENTRY_KERNEL, .target = str_dup(target),
	    .type = type, .options = options ? str_dup(options) : NULL, .attrs = attrs);
}

/* Adds a list of paths of the kernel's file systems, each as an entry of that kind. */
static void add_paths(struct filetree *t, enum fsentry_kind kind, const char *const *paths,
		      size_t n)
{
	for (size_t i = 0; i < n; i++)
		ADD(t, .kind = kind, .phase = FSENTRY_KERNEL, .source = str_dup(paths[i]),
		    .target = str_dup(paths[i]), .optional = kind != FSENTRY_NODE);
}

/* POSIX shared memory and message queues belong together with the IPC namespace. */
static void add_ipc(struct filetree *t, const struct plan *p)
{
	own_str char *shm = str_fmt("mode=1777,size=%llu", (unsigned long long)p->shm_size);
	bool others = plan_container(p->ipc);

	if (plan_is_host(p->ipc)) {
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_KERNEL, .source = str_dup("/dev/shm"),
		    .target = str_dup("/dev/shm"), .type = "tmpfs", .attrs = QUIET);
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_KERNEL,
		    .source = str_dup("/dev/mqueue"), .target = str_dup("/dev/mqueue"),
		    .type = "mqueue", .attrs = QUIET, .optional = true);
		return;
	}
	if (others)
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_KERNEL, .from = FSENTRY_OTHER,
		    .source = str_dup("/dev/shm"), .target = str_dup("/dev/shm"), .type = "tmpfs",
		    .attrs = QUIET, .from_outside = true);
	else if (!str_equal(p->ipc, "none"))
		add_new(t, "/dev/shm", "tmpfs", shm, QUIET);
	/* A kernel may lack POSIX message queues; those of a foreign IPC namespace cannot be
	 * mounted. */
	add_new(t, "/dev/mqueue", "mqueue", NULL, QUIET);
	t->v[t->n - 1].optional = true;
}

static void add_dev(struct filetree *t, const struct plan *p)
{
	/* Its nodes are mounts of their own. A node made in it with CAP_MKNOD and without a user
	 * namespace would be any disk of the host. */
	add_new(t, "/dev", "tmpfs", p->privileged ? "mode=755,size=1m" : "mode=755,size=64k",
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | (p->privileged ? 0 : MOUNT_ATTR_NODEV));
	if (p->privileged)
		ADD(t, .kind = FSENTRY_ALL_NODES, .phase = FSENTRY_KERNEL,
		    .source = str_dup("/dev"), .target = str_dup("/dev"));
	else
		add_paths(t, FSENTRY_NODE, nodes, COUNT(nodes));
	for (size_t i = 0; i < COUNT(links); i++)
		ADD(t, .kind = FSENTRY_LINK, .phase = FSENTRY_KERNEL,
		    .source = str_dup(links[i][0]), .target = str_dup(links[i][1]));
	/* Group 5 is tty in nearly all images; a user namespace may lack it. All containers share
	 * 3,072 terminals (kernel.pty.max minus kernel.pty.reserve), so each may have at most 256.
	 * */
	add_new(t, "/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,max=256,gid=5",
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	t->v[t->n - 1].fallback = "newinstance,ptmxmode=0666,mode=0620,max=256";
	add_ipc(t, p);
}

static void add_kernel(struct filetree *t, const struct plan *p, const struct filetree_host *host)
{
	uint64_t sys = QUIET | (p->privileged ? 0 : MOUNT_ATTR_RDONLY);
	/* sysfs shows a network namespace; only the owner of that namespace may mount it. */
	bool own_network = plan_has_stage(p, STAGE_NET) ? p->net != NET_HOST
							: !plan_has_stage(p, STAGE_ROOT);

	add_new(t, "/proc", "proc", NULL, QUIET);
	/* Only the owner of a PID namespace may mount its /proc. */
	t->v[t->n - 1].lent = t->v[t->n - 1].recursive = plan_is_host(p->pid);
	if (own_network) {
		add_new(t, "/sys", "sysfs", NULL, sys);
		t->v[t->n - 1].lent = t->v[t->n - 1].recursive = true;
	} else {
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_KERNEL, .source = str_dup("/sys"),
		    .target = str_dup("/sys"), .recursive = true, .attrs = sys);
	}
	if (own_network && host->cgroup2) {
		add_new(t, "/sys/fs/cgroup", "cgroup2", NULL, sys);
		t->v[t->n - 1].lent = t->v[t->n - 1].optional = true;
	}
	add_dev(t, p);
	if (p->privileged)
		return;
	add_paths(t, FSENTRY_MASK, masked, COUNT(masked));
	add_paths(t, FSENTRY_READ_ONLY, read_only, COUNT(read_only));
}

static void add_etc(struct filetree *t, const struct plan *p)
{
	ADD(t, .kind = FSENTRY_FILES, .phase = FSENTRY_USER, .from = FSENTRY_STATE,
	    .source = str_dup(""), .target = str_dup("/"), .from_outside = true);
	for (const char *const *name = etc_files; *name; name++)
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_USER, .from = FSENTRY_STATE,
		    .source = str_dup(*name), .target = str_fmt("/etc/%s", *name),
		    .attrs = QUIET | (p->read_only ? MOUNT_ATTR_RDONLY : 0), .from_outside = true);
}

static int add_volume(struct filetree *t, const char *text, bool may_miss, struct err *e)
{
	struct mountspec v;

	if (mountspec_read(text, &v, e) < 0) {
		const char *target = strchr(text, ':');

		if (!may_miss || e->sys != ENOENT || !target)
			return -1;
		target++;
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_USER, .from_outside = true,
		    .target = str_dup_n(target, strcspn(target, ":")));
		return 0;
	}
	ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_USER,
	    .from = v.name ? FSENTRY_VOLUME : FSENTRY_HOST,
	    .source = take_ptr(v.name ? &v.name : &v.source), .target = take_ptr(&v.target),
	    .recursive = !v.name, .attrs = MOUNT_ATTR_NODEV | (v.read_only ? MOUNT_ATTR_RDONLY : 0),
	    .mapped = true, .from_outside = true, .no_copy = v.no_copy,
	    .propagation = mountspec_propagation(&v) ? v.propagation : 0,
	    .propagation_all = v.propagation_all);
	mountspec_free(&v);
	return 0;
}

/* Splits the options of a tmpfs (in the form of mount(8)) into mount attributes and file system
 * options. */
static char *tmpfs_options(const char *text, uint64_t *attrs)
{
	static const struct {
		const char *name;
		uint64_t attr;
	} flags[] = {
		{"ro", MOUNT_ATTR_RDONLY},
		{"noexec", MOUNT_ATTR_NOEXEC},
		{"nosuid", 0},
		{"nodev", 0},
		{"rw", 0},
		{"exec", 0},
	};
	own_strv struct strv list = {0};
	struct buf rest = {0};
	size_t f;

	buf_str(&rest, strstr(text, "mode=") ? "" : "mode=1777");
	strv_split(&list, text, ',');
	for (size_t i = 0; i < list.n; i++) {
		for (f = 0; f < COUNT(flags); f++)
			if (str_equal(list.v[i], flags[f].name))
				break;
		if (f < COUNT(flags))
			*attrs |= flags[f].attr;
		else if (*list.v[i])
			buf_fmt(&rest, "%s%s", rest.len ? "," : "", list.v[i]);
	}
	return rest.data;
}

static int add_tmpfs(struct filetree *t, const char *text, struct err *e)
{
	uint64_t attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	own_mountspec struct mountspec v = {0};
	char *options;

	if (mountspec_read_tmpfs(text, &v, e) < 0)
		return -1;
	options = tmpfs_options(v.options, &attrs);
	ADD(t, .kind = FSENTRY_NEW, .phase = FSENTRY_USER, .type = "tmpfs",
	    .target = take_ptr(&v.target), .options = options, .attrs = attrs);
	return 0;
}

static int add_device(struct filetree *t, const char *text, bool may_miss, struct err *e)
{
	own_mountspec struct mountspec v = {0};

	if (mountspec_read_device(text, &v, e) < 0)
		return may_miss && e->sys == ENOENT ? 0 : -1;
	ADD(t, .kind = FSENTRY_DEVICE, .phase = FSENTRY_USER, .source = take_ptr(&v.source),
	    .target = take_ptr(&v.target), .from_outside = true);
	return 0;
}

/* Sorts by target: "/x" mounted after "/x/y" would hide it. Entries with one target keep their
 * order: a mount of the user covers ct's own file of /etc. */
static void sort_by_target(struct fsentry *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && strcmp(v[k - 1].target, v[k].target) > 0; k--) {
			struct fsentry swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}

/* podman-run(1): programs detect a container by this file. A mount of the user that contains the
 * path is not changed. */
static void add_mark(struct filetree *t, size_t first)
{
	static const char path[] = "/run/.containerenv";

	for (size_t i = first; i < t->n; i++)
		if (t->v[i].kind == FSENTRY_BIND && fsentry_contains(t->v[i].target, path))
			return;
	ADD(t, .kind = FSENTRY_MARK, .phase = FSENTRY_USER, .target = str_dup(path));
}

static int add_user(struct filetree *t, const struct plan *p, const struct filetree_host *host,
		    struct err *e)
{
	size_t first = t->n;

	if (host->recorded)
		add_etc(t, p);
	for (size_t i = 0; i < p->image_volumes.n; i++)
		ADD(t, .kind = FSENTRY_BIND, .phase = FSENTRY_USER, .from = FSENTRY_HOME,
		    .source = volstore_own_name(i), .target = str_dup(p->image_volumes.v[i]),
		    .attrs = MOUNT_ATTR_NODEV, .mapped = true, .from_outside = true);
	for (size_t i = 0; i < p->volumes.n; i++)
		if (add_volume(t, p->volumes.v[i], host->may_miss, e) < 0)
			return -1;
	for (size_t i = 0; i < p->tmpfs.n; i++)
		if (add_tmpfs(t, p->tmpfs.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->devices.n; i++)
		if (add_device(t, p->devices.v[i], host->may_miss, e) < 0)
			return -1;
	if (host->recorded)
		add_mark(t, first);
	sort_by_target(t->v + first, t->n - first);
	return 0;
}

struct filetree_host filetree_host(bool recorded)
{
	struct statfs fs;

	return (struct filetree_host){
		.recorded = recorded,
		.cgroup2 = statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC,
	};
}

int filetree_build(struct filetree *t, const struct plan *p, const struct filetree_host *host,
		   struct err *e)
{
	bool root = plan_has_stage(p, STAGE_ROOT);

	if (root)
		add_root(t, p);
	if (plan_has_stage(p, STAGE_PROC))
		add_kernel(t, p, host);
	if (root && add_user(t, p, host, e) < 0)
		return -1;
	if (p->read_only)
		ADD(t, .kind = FSENTRY_READ_ONLY, .phase = FSENTRY_LAST, .target = str_dup("/"));
	return 0;
}

/* The option that adds an entry of this kind; NULL: no option does. */
static const char *option_of(const struct fsentry *entry)
{
	if (entry->phase != FSENTRY_USER)
		return NULL;
	switch (entry->kind) {
	case FSENTRY_BIND:
		return entry->from == FSENTRY_HOST || entry->from == FSENTRY_VOLUME ? "--volume"
										    : NULL;
	case FSENTRY_NEW:
		return "--tmpfs";
	case FSENTRY_DEVICE:
		return "--device";
	default:
		return NULL;
	}
}

int filetree_check_places(const struct filetree *t, int rootfs, struct err *e)
{
	own_strv struct strv taken = {0};

	for (size_t i = 0; i < t->n; i++) {
		const struct fsentry *entry = &t->v[i];
		const char *option = option_of(entry), *source = entry->source;
		own_str char *place = option ? path_resolved(rootfs, entry->target) : NULL;
		own_str char *text =
			str_fmt("%s%s%s", source ? source : "", source ? ":" : "", entry->target);

		if (option && mountspec_take_place(&taken, place, option, text, e) < 0)
			return -1;
	}
	/* Volumes of the image may cover each other: the user cannot choose their places. */
	for (size_t i = 0; taken.n && i < t->n; i++) {
		const struct fsentry *entry = &t->v[i];
		bool of_image = entry->phase == FSENTRY_USER && entry->from == FSENTRY_HOME;
		own_str char *place = of_image ? path_resolved(rootfs, entry->target) : NULL;

		if (of_image &&
		    mountspec_check_place(&taken, place, "image volume", entry->target, e) < 0)
			return -1;
	}
	return 0;
}

void fsentry_add_mount(struct fsentry *entry, int fd, const char *below)
{
	entry->mounts = mem_grow_one(entry->mounts, entry->mounts_n, sizeof(*entry->mounts));
	entry->mounts[entry->mounts_n++] = (struct fsmount){fd, str_dup(below)};
}

bool fsentry_contains(const char *top, const char *path)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

void filetree_free(struct filetree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct fsentry *entry = &t->v[i];

		for (size_t k = 0; k < entry->mounts_n; k++) {
			own_close(&entry->mounts[k].fd);
			free(entry->mounts[k].below);
		}
		free(entry->mounts);
		free(entry->source);
		free(entry->target);
		free(entry->options);
	}
	free(t->v);
	*t = (struct filetree){0};
}
