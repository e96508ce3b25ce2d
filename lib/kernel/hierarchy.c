#include "kernel/hierarchy.h"

#include <errno.h>
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

/* The controllers that ct uses, by their names on v1 and v2. */
static const char *const used[] = {
	"memory", "pids", "cpu", "cpuacct", "cpuset", "io", "blkio", "devices", "freezer",
};

static struct hierarchy trees[HIERARCHIES];
static int trees_n;

static void say_nothing(void *data, int level, const char *fmt, va_list ap)
{
	(void)data, (void)level, (void)fmt, (void)ap;
}

/* The errno of a libcgroup result. */
static int sys_of(int ret)
{
	switch (ret) {
	case ECGOTHER:
		return cgroup_get_last_errno();
	case ECGROUPNOTALLOWED:
	case ECGROUPNOTOWNER:
		return EACCES;
	default:
		return ENOENT;
	}
}

static void tree_add(const char *mount, const char *controller)
{
	own_str char *probe = str_fmt("%s/cgroup.controllers", mount);
	struct hierarchy *h;
	int i = 0;

	while (i < trees_n && !str_equal(trees[i].mount, mount))
		i++;
	h = &trees[i];
	if (i == trees_n) {
		snprintf(h->mount, sizeof(h->mount), "%s", mount);
		h->v2 = access(probe, F_OK) == 0;
		trees_n++;
	}
	h->controllers[h->n++] = controller;
}

/* Whether the path leads to a cgroup hierarchy, not to a mount that covers it. */
static bool is_reached(const char *mount)
{
	struct statfs fs;

	return statfs(mount, &fs) == 0 &&
		(fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);
}

static int hidden(const char *mount, struct err *e)
{
	return err_set(e, "control groups: %s: hidden by another mount", mount);
}

/* libcgroup fails without a reason if another mount covers a hierarchy of /proc/mounts. */
static int init_failed(int ret, struct err *e)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int failed = 0;

	while (f && !failed && (m = getmntent(f)))
		if ((str_equal(m->mnt_type, "cgroup") || str_equal(m->mnt_type, "cgroup2")) &&
		    !is_reached(m->mnt_dir))
			failed = hidden(m->mnt_dir, e);
	if (f)
		endmntent(f);
	if (failed)
		return failed;
	errno = sys_of(ret);
	return ret == ECGOTHER ? err_sys(e, "control groups")
			       : err_set(e, "control groups: %s", cgroup_strerror(ret));
}

int hierarchy_find(const struct hierarchy **all, struct err *e)
{
	own_str char *mount = NULL;
	int ret;

	*all = trees;
	if (trees_n)
		return trees_n;
	/* libcgroup's default logger writes to stdout. */
	cgroup_set_logger(say_nothing, CGROUP_LOG_ERROR, NULL);
	ret = cgroup_init();
	if (ret && ret != ECGROUPNOTMOUNTED)
		return init_failed(ret, e);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		if (cgroup_get_subsys_mount_point(used[i], &mount))
			continue;
		if (strlen(mount) < sizeof(trees[0].mount))
			tree_add(mount, used[i]);
		free(take_ptr(&mount));
	}
	for (int i = 0; i < trees_n; i++)
		if (!is_reached(trees[i].mount)) {
			hidden(trees[i].mount, e);
			memset(trees, 0, sizeof(trees));
			trees_n = 0;
			return -1;
		}
	return trees_n;
}

const char *hierarchy_read_only(void)
{
	struct statfs fs;

	for (int i = 0; i < trees_n; i++)
		if (statfs(trees[i].mount, &fs) == 0 && fs.f_flags & ST_RDONLY)
			return trees[i].mount;
	return NULL;
}

const struct hierarchy *hierarchy_of(const char *controller)
{
	for (int i = 0; i < trees_n; i++)
		for (size_t k = 0; k < trees[i].n; k++)
			if (str_equal(trees[i].controllers[k], controller))
				return &trees[i];
	return NULL;
}

char *hierarchy_path(const struct hierarchy *h, const char *group, const char *file)
{
	return str_fmt("%s/%s%s%s", h->mount, group, file ? "/" : "", file ? file : "");
}

int hierarchy_set(const char *controller, const char *group, const char *file, const char *value)
{
	struct cgroup *cg = cgroup_new_cgroup(group);
	struct cgroup_controller *c = cg ? cgroup_add_controller(cg, controller) : NULL;
	int ret = ECGCONTROLLERCREATEFAILED;

	if (c)
		ret = cgroup_add_value_string(c, file, value);
	/* One value a call: libcgroup does not say which of several values the kernel refused. */
	if (!ret)
		ret = cgroup_modify_cgroup(cg);
	cgroup_free(&cg);
	errno = ret ? sys_of(ret) : 0;
	return explained(ret ? -1 : 0, "cgroup_modify_cgroup(\"%s\", %s=\"%s\")", group, file,
			 value);
}

int hierarchy_get(const char *controller, const char *group, const char *file, char *value,
		  size_t size)
{
	own_str char *name = str_dup(file);
	void *handle = NULL;
	size_t used_up = 0;
	int ret;

	value[0] = '\0';
	errno = ENOENT;
	ret = cgroup_read_value_begin(controller, group, name, &handle, value, (int)size);
	if (!handle)
		return -1;
	while (!ret) {
		used_up += strlen(value + used_up);
		if (size - used_up < 2)
			break;
		ret = cgroup_read_value_next(&handle, value + used_up, (int)(size - used_up));
	}
	cgroup_read_value_end(&handle);
	if (used_up && value[used_up - 1] == '\n')
		used_up--;
	value[used_up] = '\0';
	return 0;
}

/*
 * One controller for each hierarchy suffices: all its controllers share the directory. NULL if no
 * hierarchy has the cgroup: libcgroup 3 takes a cgroup without controllers for the cgroup of that
 * name in the v2 hierarchy.
 */
static struct cgroup *group_in_trees(const char *group, bool only_marked)
{
	struct cgroup *cg = cgroup_new_cgroup(group);
	struct stat st;
	int n = 0;

	for (int i = 0; cg && i < trees_n; i++) {
		if (only_marked) {
			own_str char *dir = hierarchy_path(&trees[i], group, NULL);

			if (stat(dir, &st) < 0 || st.st_mode & MARK)
				continue;
		}
		if (cgroup_add_controller(cg, trees[i].controllers[0]))
			n++;
	}
	if (n == 0)
		cgroup_free(&cg);
	return cg;
}

/*
 * On v2 a cgroup has only the controllers that its parent enables in
 * cgroup.subtree_control. libcgroup enables one at a time and leaves out the root. The
 * file is written even if it already names the controllers: they are listed before a
 * concurrent write has made their files.
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
	for (const char *p = strchr(group, '/'); p; p = strchr(p + 1, '/')) {
		own_str char *above = str_dup_n(group, (size_t)(p - group));

		let_through(h, above);
	}
}

/*
 * Whether to try again to make the cgroup after libcgroup returned ret. If not,
 * errno is the reason.
 */
static bool may_try_again(int ret, const char *group)
{
	errno = sys_of(ret);
	if (ret == ECGOTHER && errno != ENOENT && errno != ENODEV)
		return false;
	/* libcgroup hides why mkdir(2) failed. */
	for (int i = 0; i < trees_n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], group, NULL);

		if (mkdir(dir, 0755) < 0 && errno != EEXIST && errno != ENOENT)
			return false;
	}
	errno = ENOENT;
	return true;
}

int hierarchy_make(const char *group)
{
	struct cgroup *cg;
	mode_t umask_was;
	int ret = -1;

	for (int i = 0; i < trees_n; i++)
		if (trees[i].v2)
			let_through(&trees[i], "/");
	cg = group_in_trees(group, false);
	umask_was = umask(0022 | MARK);
	/*
	 * The end of the last container may remove the parent between the two
	 * mkdir(2) calls: try again.
	 */
	for (int tries = 0; cg && ret && tries < 100; tries++) {
		ret = cgroup_create_cgroup(cg, 1);
		explained(ret, "cgroup_create_cgroup(\"%s\")", group);
		if (ret && !may_try_again(ret, group))
			break;
	}
	umask(umask_was);
	cgroup_free(&cg);
	if (ret)
		return -1;
	for (int i = 0; i < trees_n; i++)
		if (trees[i].v2)
			let_through_above(&trees[i], group);
	return 0;
}

static void remove_in(struct cgroup *cg)
{
	/* The result is ignored, because it is 0 for a busy cgroup too. */
	if (cg)
		cgroup_delete_cgroup_ext(cg, CGFLAG_DELETE_EMPTY_ONLY);
	cgroup_free(&cg);
}

void hierarchy_remove(const char *group)
{
	remove_in(group_in_trees(group, false));
}

void hierarchy_prune(const char *group)
{
	remove_in(group_in_trees(group, true));
}
