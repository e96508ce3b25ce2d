#include "kernel/hierarchy.h"

#include <errno.h>
#include <fcntl.h>
#include <libcgroup.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"

/*
 * hierarchy_make marks its cgroups by mode 0555; other programs use 0755. mkdir(2) sets the
 * mode at once, so a kill between making and marking cannot leave a cgroup without an owner.
 * Root needs no write bit.
 */
enum { MARK = S_IWUSR };

/* The controllers that ct uses, by their names on v1 and v2, and after them the others. */
static const char *const used[] = {
	"memory",  "pids",    "cpu",     "cpuacct", "cpuset",   "io",   "blkio",
	"devices", "freezer", "hugetlb", "net_cls", "net_prio", "rdma", "misc",
};
enum { USUAL = 9 }; /* those of ct-run; the others are for OCI bundles */
static size_t wanted = USUAL;

static struct hierarchy trees[HIERARCHIES];
static int trees_n;

static void say_nothing(void *data, int level, const char *fmt, va_list ap)
{
	(void)data, (void)level, (void)fmt, (void)ap;
}

/* The version of the hierarchy that the path leads to; 0: none, as another mount covers it. */
static int version_at(const char *mount)
{
	struct statfs fs;

	if (statfs(mount, &fs) < 0)
		return 0;
	return fs.f_type == CGROUP_SUPER_MAGIC ? 1 : fs.f_type == CGROUP2_SUPER_MAGIC ? 2 : 0;
}

/* Whether a list separated by commas or spaces has the word. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || strchr(", ", p[-1])) && strchr(", \n", p[n]))
			return true;
	return false;
}

/* The controllers of a mounted hierarchy: v1 has them among the mount options. */
static char *controllers_of(const struct mntent *m)
{
	own_str char *file = str_fmt("%s/cgroup.controllers", m->mnt_dir);
	own_fd int fd = -1;
	char text[1024];
	ssize_t n;

	if (str_equal(m->mnt_type, "cgroup"))
		return str_dup(m->mnt_opts);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	return str_dup_n(text, n < 0 ? 0 : (size_t)n);
}

const struct hierarchy *hierarchy_of(const char *controller)
{
	for (int i = 0; i < trees_n; i++)
		for (size_t k = 0; k < trees[i].n; k++)
			if (str_equal(trees[i].controllers[k], controller))
				return &trees[i];
	return NULL;
}

void hierarchy_want_all(void)
{
	wanted = sizeof(used) / sizeof(used[0]);
}

bool hierarchy_wants_all(void)
{
	return wanted != USUAL;
}

/* Notes a mounted hierarchy, for those of its controllers that no earlier one has. */
static int tree_add(const char *mount, bool v2, const char *controllers, struct err *e)
{
	struct hierarchy *h = &trees[trees_n];

	if (strlen(mount) >= sizeof(h->mount))
		return 0;
	*h = (struct hierarchy){.v2 = v2};
	for (size_t i = 0; i < wanted; i++)
		if (has_word(controllers, used[i]) && !hierarchy_of(used[i]))
			h->controllers[h->n++] = used[i];
	/* A mount that covers a v2 hierarchy covers its list of controllers too. */
	if ((h->n || v2) && !version_at(mount))
		return err_set(e, "control groups: %s: hidden by another mount", mount);
	strcpy(h->mount, mount);
	trees_n += h->n > 0;
	return 0;
}

static int find_mounted(struct err *e)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int failed = 0;

	if (!f)
		return err_sys(e, "control groups: /proc/self/mounts");
	while (!failed && (m = getmntent(f)))
		if (str_equal(m->mnt_type, "cgroup") || str_equal(m->mnt_type, "cgroup2")) {
			own_str char *controllers = controllers_of(m);

			failed = tree_add(m->mnt_dir, str_equal(m->mnt_type, "cgroup2"),
					  controllers, e);
		}
	endmntent(f);
	return failed;
}

/*
 * libcgroup has the last word where the table of mounts shows no hierarchy. It is not asked first:
 * cgroup_init() clears tables of 0.9 MB, a twentieth of a short run's time and most of a
 * supervisor's memory.
 */
static int ask_libcgroup(struct err *e)
{
	int ret, failed = 0;

	/* libcgroup's default logger writes to stdout. */
	cgroup_set_logger(say_nothing, CGROUP_LOG_ERROR, NULL);
	ret = cgroup_init();
	if (ret == ECGROUPNOTMOUNTED)
		return 0;
	if (ret)
		return err_set(e, "control groups: %s", cgroup_strerror(ret));
	for (size_t i = 0; !failed && i < wanted; i++) {
		own_str char *mount = NULL;

		if (cgroup_get_subsys_mount_point(used[i], &mount) == 0)
			failed = tree_add(mount, version_at(mount) == 2, used[i], e);
	}
	return failed;
}

int hierarchy_find(const struct hierarchy **all, struct err *e)
{
	*all = trees;
	if (trees_n || (find_mounted(e) == 0 && (trees_n || ask_libcgroup(e) == 0)))
		return trees_n;
	memset(trees, 0, sizeof(trees));
	trees_n = 0;
	return -1;
}

const char *hierarchy_read_only(void)
{
	struct statfs fs;

	for (int i = 0; i < trees_n; i++)
		if (statfs(trees[i].mount, &fs) == 0 && fs.f_flags & ST_RDONLY)
			return trees[i].mount;
	return NULL;
}

char *hierarchy_path(const struct hierarchy *h, const char *group, const char *file)
{
	return str_fmt("%s/%s%s%s", h->mount, group, file ? "/" : "", file ? file : "");
}

int hierarchy_set(const char *controller, const char *group, const char *file, const char *value)
{
	const struct hierarchy *h = hierarchy_of(controller);
	own_str char *path = h ? hierarchy_path(h, group, file) : NULL;
	own_fd int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? -1 : write(fd, value, strlen(value));

	if (!h)
		errno = ENOENT;
	return explained(n < 0 ? -1 : 0, "write(\"%s\", \"%s\")", path ? path : file, value);
}

int hierarchy_get(const char *controller, const char *group, const char *file, char *value,
		  size_t size)
{
	const struct hierarchy *h = hierarchy_of(controller);
	own_str char *path = h ? hierarchy_path(h, group, file) : NULL;
	own_fd int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	/* The kernel makes the whole text at the first read. */
	ssize_t n = fd < 0 ? -1 : read(fd, value, size - 1);

	if (!h)
		errno = ENOENT;

	value[n < 0 ? 0 : n] = '\0';
	if (n > 0 && value[n - 1] == '\n')
		value[n - 1] = '\0';
	return n < 0 ? -1 : 0;
}

/*
 * On v2 a cgroup has only the controllers that its parent enables in cgroup.subtree_control. The
 * file is written even if it already names the controllers: they are listed before a concurrent
 * write has made their files.
 */
static void let_through(const struct hierarchy *h, const char *group)
{
	static const char file[] = "cgroup.subtree_control";
	own_buf struct buf all = {0};

	for (size_t i = 0; i < h->n; i++)
		buf_fmt(&all, "%s+%s", i ? " " : "", h->controllers[i]);
	if (hierarchy_set(h->controllers[0], group, file, all.data) == 0)
		return;
	/*
	 * The kernel accepts all controllers of one write or none; enable those
	 * that are available.
	 */
	for (size_t i = 0; i < h->n; i++) {
		own_str char *one = str_fmt("+%s", h->controllers[i]);

		hierarchy_set(h->controllers[0], group, file, one);
	}
}

/* Enables the controllers from the root of the hierarchy to the cgroup's parent. */
static void let_through_above(const struct hierarchy *h, const char *group)
{
	let_through(h, "/");
	for (const char *p = strchr(group, '/'); p; p = strchr(p + 1, '/')) {
		own_str char *above = str_dup_n(group, (size_t)(p - group));

		let_through(h, above);
	}
}

static int make_dir(const char *path)
{
	int made = mkdir(path, 0777);

	return explained(made, "mkdir(\"%s\", 0777)", path) < 0 && errno != EEXIST ? -1 : 0;
}

/* missing: whether the parents are made without trying first, as another hierarchy lacked them. */
static int make_with_parents(const struct hierarchy *h, const char *group, bool *missing)
{
	own_str char *dir = hierarchy_path(h, group, NULL);
	char *slash = dir + strlen(h->mount);

	if (!*missing && make_dir(dir) == 0)
		return 0;
	if (!*missing && errno != ENOENT)
		return -1;
	*missing = true;
	while ((slash = strchr(slash + 1, '/'))) {
		int failed;

		*slash = '\0';
		failed = make_dir(dir);
		*slash = '/';
		if (failed)
			return -1;
	}
	return make_dir(dir);
}

int hierarchy_make(const char *group)
{
	mode_t umask_was = explain_umask(0022 | MARK);
	bool missing = false;
	int made = 0;

	for (int i = 0; made == 0 && i < trees_n; i++) {
		/* The end of the last container may remove the parent, which may also be half
		 * removed (ENODEV), before the cgroup is in it. */
		for (int tries = 0; tries < 100; tries++) {
			made = make_with_parents(&trees[i], group, &missing);
			if (made == 0 || (errno != ENOENT && errno != ENODEV))
				break;
		}
	}
	explain_umask(umask_was);
	for (int i = 0; made == 0 && i < trees_n; i++)
		if (trees[i].v2)
			let_through_above(&trees[i], group);
	return made;
}

int hierarchy_remove(const char *group)
{
	int removed = 0, why = 0;

	for (int i = 0; i < trees_n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], group, NULL);

		if (rmdir(dir) == 0 || errno == ENOENT)
			continue;
		why = errno;
		removed = -1;
	}
	errno = why;
	return removed;
}

void hierarchy_prune(const char *group)
{
	struct stat st;

	for (int i = 0; i < trees_n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], group, NULL);

		if (stat(dir, &st) < 0 || st.st_mode & MARK)
			continue;
		/*
		 * Other cgroups are in it: the process that removes the last one of them prunes
		 * all.
		 */
		if (st.st_nlink > 2)
			return;
		rmdir(dir);
	}
}
