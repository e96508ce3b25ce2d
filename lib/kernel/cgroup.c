#include "kernel/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/shell.h"
#include "base/str.h"
#include "kernel/hierarchy.h"

enum { VALUE = 1024 }; /* longest value read */

/*
 * The path comes from CT_CGROUP and an id. The kernel would follow "..", and a cgroup without a
 * parent would stand in the root of the hierarchy, among cgroups of other programs. The engine of
 * an OCI bundle chooses the path itself, also such a one.
 */
static int path_check(const char *path, const char **out, struct err *e)
{
	const char *p = path + (*path == '/');
	size_t n;

	*out = p;
	if (!strchr(p, '/') && !hierarchy_wants_all())
		return err_set(e, "control group %s: the path has no parent group (CT_CGROUP)",
			       path);
	if (strlen(p) >= sizeof(((struct cgroup_group *)0)->path))
		return err_set(e, "control group %s: the name is too long", path);
	for (;; p += n + 1) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return err_set(e, "control group %s: not a plain path (CT_CGROUP)", path);
		if (!p[n])
			return 0;
	}
}

/*
 * Checks the path, takes its first slash off and finds the hierarchies.
 * Returns their number.
 */
static int start(const char *path, const char **group, const struct hierarchy **trees,
		 struct err *e)
{
	if (path_check(path, group, e) < 0)
		return -1;
	return hierarchy_find(trees, e);
}

/* Like start, but no mounted hierarchy is an error. */
static int start_mounted(const char *path, const char **group, const struct hierarchy **trees,
			 struct err *e)
{
	int n = start(path, group, trees, e);

	if (n == 0)
		return err_set(e, "control groups: none are mounted (usually on /sys/fs/cgroup)");
	return n;
}

/* ---- making and joining ---- */

static void make_failed(const char *group, struct err *e)
{
	const char *mount = errno == EROFS ? hierarchy_read_only() : NULL;

	if (mount)
		err_set(e, "control group %s: %s is mounted read-only", group, mount);
	else
		err_sys(e, "control group %s", group);
}

int cgroup_create(const char *path, const struct limits *want, struct cgroup_group *g,
		  struct err *e)
{
	const struct hierarchy *trees;
	const char *group;
	struct err ignored;

	*g = (struct cgroup_group){.v2 = -1};
	if (start_mounted(path, &group, &trees, e) < 0)
		return -1;
	if (hierarchy_make(group) < 0)
		make_failed(group, e);
	else if (cgroup_limits_set(group, want, e) == 0 && cgroup_open(group, g, e) == 0)
		return 0;
	cgroup_delete(group, &ignored);
	return -1;
}

int cgroup_open(const char *path, struct cgroup_group *g, struct err *e)
{
	const struct hierarchy *trees;
	const char *group;
	int n = start_mounted(path, &group, &trees, e), fd;

	*g = (struct cgroup_group){.v2 = -1};
	if (n < 0)
		return -1;
	snprintf(g->path, sizeof(g->path), "%s", group);
	for (int i = 0; i < n; i++) {
		own_str char *p = hierarchy_path(&trees[i], group, trees[i].v2 ? NULL : "tasks");

		fd = open(p,
			  trees[i].v2 ? O_RDONLY | O_DIRECTORY | O_CLOEXEC : O_WRONLY | O_CLOEXEC);
		if (fd < 0) {
			err_sys(e, "control group %s: %s", group, p);
			cgroup_close(g);
			return -1;
		}
		if (trees[i].v2)
			g->v2 = fd;
		else
			g->v1[g->v1_n++] = fd;
	}
	return 0;
}

void cgroup_close(struct cgroup_group *g)
{
	unsigned n = (unsigned)g->v1_n;

	/* Opened one after the other, they mostly have numbers that follow each other. */
	if (n > 1 && g->v1[n - 1] - g->v1[0] == (int)n - 1 &&
	    close_range((unsigned)g->v1[0], (unsigned)g->v1[n - 1], 0) == 0)
		g->v1_n = 0;
	while (g->v1_n > 0)
		close(g->v1[--g->v1_n]);
	if (g->v2 >= 0)
		close(take_fd(&g->v2));
}

int cgroup_join(const struct cgroup_group *g, bool v2_too, struct err *e)
{
	own_fd int procs = -1;

	/*
	 * "0" means the writing process itself: the kernel need not wait until no CPU reads the
	 * cgroups of another process.
	 */
	for (int i = 0; i < g->v1_n; i++)
		if (explained(write(g->v1[i], "0", 1),
			      "write(%d /* tasks of a cgroup hierarchy */, \"0\")", g->v1[i]) < 0)
			return err_sys(e, "join control group %s", g->path);
	if (!v2_too || g->v2 < 0)
		return 0;
	procs = openat(g->v2, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs < 0 || write(procs, "0", 1) < 0)
		return err_sys(e, "join control group %s", g->path);
	return 0;
}

/* ---- ending ---- */

/*
 * Sleeps longer each time, so that a change within microseconds is noticed soon. false when ms
 * milliseconds have passed.
 */
static bool pause_again(long *us, long ms)
{
	struct timespec t = {.tv_nsec = *us / 4 + 50};

	if (*us > ms * 1000)
		return false;
	t.tv_nsec = (t.tv_nsec > 10000 ? 10000 : t.tv_nsec) * 1000;
	*us += t.tv_nsec / 1000;
	nanosleep(&t, NULL);
	return true;
}

typedef int visit_fn(int above, const char *name, int dir, void *arg);

/*
 * Visits the cgroup `name` beneath the directory `above`, after all its child cgroups. A
 * missing cgroup is success.
 */
static int visit(int above, const char *name, visit_fn *fn, void *arg)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d && fd >= 0)
		close(fd);
	if (!d)
		return errno == ENOENT ? 0 : -1;
	while ((entry = readdir(d)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, "..") && visit(fd, entry->d_name, fn, arg) < 0)
			return -1;
	return fn(above, name, fd, arg);
}

struct signalled {
	int signal; /* 0: only count */
	int n;
};

static int signal_in(int above, const char *name, int dir, void *arg)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	own_file FILE *procs = fd < 0 ? NULL : fdopen(fd, "re");
	struct signalled *s = arg;
	int pid;

	(void)above, (void)name;
	/*
	 * A pid of 0 is a process of another pid namespace; to kill(2) it would mean
	 * our own process group.
	 */
	while (procs && fscanf(procs, "%d", &pid) == 1) {
		s->n++;
		if (s->signal && pid > 0)
			kill(pid, s->signal);
	}
	return 0;
}

/* Sends a signal to all processes in the cgroup, in every hierarchy. Returns their number. */
static int signal_all(const struct hierarchy *trees, int n, const char *group, int signal)
{
	struct signalled s = {.signal = signal};

	for (int i = 0; i < n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], group, NULL);

		visit(AT_FDCWD, dir, signal_in, &s);
	}
	return s.n;
}

static bool is_v2(const char *controller)
{
	const struct hierarchy *h = hierarchy_of(controller);

	return h && h->v2;
}

static const char *v2_controller(void)
{
	static const char *const any[] = {"pids", "memory", "cpu", "cpuset", "io"};

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		if (is_v2(any[i]))
			return any[i];
	return "freezer";
}

int cgroup_freezer(const char *path, struct freezer *f, struct err *e)
{
	const struct hierarchy *trees;
	const char *group;

	*f = (struct freezer)FREEZER_NONE;
	if (start(path, &group, &trees, e) < 0)
		return -1;
	return freezer_open(group, f, e) < 0 ? err_wrap(e, "control group %s", group) : 0;
}

int cgroup_thaw(const char *path, struct err *e)
{
	own_freezer struct freezer f = FREEZER_NONE;

	if (cgroup_freezer(path, &f, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	return freezer_thaw(&f, e) < 0 ? err_wrap(e, "control group %s", path) : 0;
}

/*
 * Kills frozen processes. A frozen process cannot fork while the pids are read, and cannot end
 * and leave its pid to another process.
 */
static void kill_frozen(const struct hierarchy *trees, int n, const char *group)
{
	own_freezer struct freezer f = FREEZER_NONE;
	struct err ignored;
	bool open = freezer_open(group, &f, &ignored) == 0;

	if (open)
		freezer_freeze(&f, 100, &ignored);
	signal_all(trees, n, group, SIGKILL);
	/* On v1 frozen processes die only after they are thawed. */
	if (open)
		freezer_thaw(&f, &ignored);
}

int cgroup_kill(const char *path, struct err *e)
{
	const struct hierarchy *trees;
	const char *group;
	int n = start(path, &group, &trees, e), left;
	struct err ignored;
	long spent = 0;

	if (n < 0)
		return -1;
	while ((left = signal_all(trees, n, group, 0))) {
		if (hierarchy_set(v2_controller(), group, "cgroup.kill", "1") < 0)
			kill_frozen(trees, n, group);
		else
			cgroup_thaw(group, &ignored); /* its freezer may be in a v1 hierarchy */
		if (!pause_again(&spent, 10000))
			return err_set(e, "control group %s: %d processes do not end", group, left);
	}
	return 0;
}

int cgroup_processes(const char *path, struct err *e)
{
	const struct hierarchy *trees;
	const char *group;
	int n = start(path, &group, &trees, e);

	return n < 0 ? -1 : signal_all(trees, n, group, 0);
}

static int remove_one(int above, const char *name, int dir, void *arg)
{
	(void)dir, (void)arg;
	return unlinkat(above, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -1 : 0;
}

/*
 * Removes what one rmdir(2) did not: child cgroups that the container made, and cgroups whose last
 * processes are just ending.
 */
static int remove_rest(const struct hierarchy *h, const char *group, struct err *e)
{
	own_str char *dir = hierarchy_path(h, group, NULL);
	long spent = 0;

	while (rmdir(dir) < 0 && errno != ENOENT)
		if (errno != EBUSY ||
		    (visit(AT_FDCWD, dir, remove_one, NULL) < 0 && errno != EBUSY) ||
		    !pause_again(&spent, 2000))
			return err_sys(e, "remove control group %s", dir);
	return 0;
}

/* Removes the parents that ct made, if they have become empty. */
static void prune_above(const char *group)
{
	own_str char *above = str_dup(group);
	char *slash;

	while ((slash = strrchr(above, '/'))) {
		*slash = '\0';
		hierarchy_prune(above);
	}
}

int cgroup_delete(const char *path, struct err *e)
{
	const struct hierarchy *trees;
	const char *group;
	int n = start(path, &group, &trees, e);

	if (n < 0)
		return -1;
	if (hierarchy_remove(group) < 0)
		for (int i = 0; i < n; i++)
			if (remove_rest(&trees[i], group, e) < 0)
				return -1;
	prune_above(group);
	return 0;
}

int cgroup_end(const char *path, struct err *e)
{
	const struct hierarchy *trees;
	const char *group;

	if (start(path, &group, &trees, e) < 0)
		return -1;
	/* A cgroup that has a process or another cgroup in it cannot be removed. */
	if (hierarchy_remove(group) < 0)
		return cgroup_kill(path, e) < 0 ? -1 : cgroup_delete(path, e);
	prune_above(group);
	return 0;
}

uint64_t cgroup_oom_kills(const char *path)
{
	const struct hierarchy *trees;
	char value[VALUE], *line;
	const char *group;
	struct err e;

	if (start(path, &group, &trees, &e) < 0 ||
	    hierarchy_get("memory", group, is_v2("memory") ? "memory.events" : "memory.oom_control",
			  value, sizeof(value)) < 0)
		return 0;
	line = strstr(value, "\noom_kill ");
	return line ? strtoull(line + strlen("\noom_kill "), NULL, 10) : 0;
}

void cgroup_sweep(const char *parent, const char *prefix)
{
	enum { AGE = 60 };
	const struct hierarchy *trees;
	struct err ignored;
	int n = hierarchy_find(&trees, &ignored);

	for (int i = 0; i < n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], parent, NULL);
		own_dir DIR *d = opendir(dir);
		struct dirent *entry;
		struct stat st;

		while (d && (entry = readdir(d))) {
			own_str char *group = str_fmt("%s/%s", parent, entry->d_name);

			if (str_starts(entry->d_name, prefix) &&
			    fstatat(dirfd(d), entry->d_name, &st, 0) == 0 &&
			    st.st_mtime + AGE < time(NULL))
				hierarchy_remove(group);
		}
	}
}
