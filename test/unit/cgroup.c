#include "unit.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/own.h"
#include "base/str.h"
#include "kernel/cgroup.h"
#include "kernel/hierarchy.h"

static struct err e;
static const struct hierarchy *trees;
static int trees_n;
static char above[64], group[80];
static const struct limits none;

#define ok(call)                                          \
	do {                                              \
		if ((call) < 0)                           \
			fail_msg("%s: %s", #call, e.msg); \
	} while (0)

/* A unique cgroup path for this test. */
static int begin(void **state)
{
	(void)state;
	snprintf(above, sizeof(above), "%s", unit_group());
	snprintf(group, sizeof(group), "%s/a", above);
	return 0;
}

static bool group_is_in(const struct hierarchy *h, const char *name)
{
	own_str char *dir = hierarchy_path(h, name, NULL);

	return access(dir, F_OK) == 0;
}

static int count_trees_with(const char *name)
{
	int n = 0;

	for (int i = 0; i < trees_n; i++)
		n += group_is_in(&trees[i], name);
	return n;
}

static int end(void **state)
{
	(void)state;
	cgroup_kill(group, &e);
	cgroup_delete(group, &e);
	return count_trees_with(above);
}

static bool v2(void)
{
	const struct hierarchy *h = hierarchy_of("memory");

	return h && h->v2;
}

/* The value as cgget(1) prints it. */
static const char *cgget(const char *name, const char *key)
{
	own_str char *cmd = str_fmt("cgget -nv -r %s /%s", key, name);
	static char value[4096];
	FILE *p = popen(cmd, "re");
	size_t n = fread(value, 1, sizeof(value) - 1, p);

	pclose(p);
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return value;
}

/* Runs work in a child that joined the cgroup as a container does: from inside new namespaces. */
static pid_t child_in(const struct cgroup_group *g, int (*work)(void *), void *arg)
{
	struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS,
				  .exit_signal = SIGCHLD};
	pid_t pid;

	if (g->v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)g->v2;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid)
		return pid;
	_exit(cgroup_join(g, false, &e) < 0 ? 99 : work(arg));
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- work for children ---- */

static int tell_and_wait(void *pipe_w)
{
	if (write(*(int *)pipe_w, "x", 1) != 1)
		return 1;
	for (;;)
		pause();
}

static __attribute__((noreturn)) int count_for_ever(void *counter)
{
	for (;;)
		__atomic_add_fetch((unsigned long *)counter, 1, __ATOMIC_SEQ_CST);
}

static int use_memory(void *bytes)
{
	size_t n = *(size_t *)bytes;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < n; i += 4096)
		p[i] = 1;
	return 0;
}

static int count_forks(void *unused)
{
	int n = 0;
	pid_t pid;

	(void)unused;
	while (n < 90 && (pid = fork()) >= 0) {
		if (pid == 0)
			for (;;)
				pause();
		n++;
	}
	return n;
}

static pid_t waiting_child_in(const struct cgroup_group *g)
{
	int pipes[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = child_in(g, tell_and_wait, &pipes[1]);
	close(pipes[1]);
	if (read(pipes[0], &c, 1) != 1)
		fail_msg("the child did not join: status %d", status_of(pid));
	close(pipes[0]);
	return pid;
}

/* Makes the group, with a process in it. */
static pid_t group_with_child(void)
{
	struct cgroup_group g;
	pid_t pid;

	ok(cgroup_create(group, &none, &g, &e));
	pid = waiting_child_in(&g);
	cgroup_close(&g);
	return pid;
}

/* ---- tests ---- */

static void cgget_shows_the_limits_asked_for(void **state)
{
	struct limits want = {.memory = 64 << 20,
			      .memory_swap = 96 << 20,
			      .cpus = 1500,
			      .cpu_shares = 512,
			      .cpuset_cpus = "0",
			      .pids = 77};
	struct cgroup_group g;

	(void)state;
	ok(cgroup_create(group, &want, &g, &e));
	cgroup_close(&g);
	assert_string_equal(cgget(group, "pids.max"), "77");
	assert_string_equal(cgget(group, "cpuset.cpus"), "0");
	if (v2()) {
		assert_string_equal(cgget(group, "memory.max"), "67108864");
		assert_string_equal(cgget(group, "memory.swap.max"), "33554432");
		assert_string_equal(cgget(group, "cpu.max"), "150000 100000");
		assert_string_equal(cgget(group, "cpu.weight"), "20");
	} else {
		assert_string_equal(cgget(group, "memory.limit_in_bytes"), "67108864");
		assert_string_equal(cgget(group, "memory.memsw.limit_in_bytes"), "100663296");
		assert_string_equal(cgget(group, "cpu.cfs_quota_us"), "150000");
		assert_string_equal(cgget(group, "cpu.shares"), "512");
	}
}

static void the_default_swap_limit_equals_the_memory_limit(void **state)
{
	struct limits want = {.memory = 64 << 20};
	struct cgroup_group g;

	(void)state;
	ok(cgroup_create(group, &want, &g, &e));
	cgroup_close(&g);
	if (v2())
		assert_string_equal(cgget(group, "memory.swap.max"), "67108864");
	else
		assert_string_equal(cgget(group, "memory.memsw.limit_in_bytes"), "134217728");
	want.memory_swap = LIMIT_NONE;
	ok(cgroup_delete(group, &e));
	ok(cgroup_create(group, &want, &g, &e));
	cgroup_close(&g);
	if (v2())
		assert_string_equal(cgget(group, "memory.swap.max"), "max");
	else
		assert_string_equal(cgget(group, "memory.memsw.limit_in_bytes"),
				    "9223372036854771712");
}

/* Lists only this cgroup: lscgroup fails when another one is deleted meanwhile. */
static void lscgroup_lists_the_group_with_every_controller(void **state)
{
	own_str char *name = str_fmt(":/%s/\n", group);
	struct cgroup_group g;

	(void)state;
	ok(cgroup_create(group, &none, &g, &e));
	cgroup_close(&g);
	for (int i = 0; i < trees_n; i++)
		for (size_t k = 0; k < trees[i].n; k++) {
			own_str char *cmd =
				str_fmt("lscgroup -g %s:/%s", trees[i].controllers[k], group);
			char out[1024];
			FILE *p = popen(cmd, "re");

			out[fread(out, 1, sizeof(out) - 1, p)] = '\0';
			pclose(p);
			assert_non_null(strstr(out, trees[i].controllers[k]));
			assert_non_null(strstr(out, name));
		}
}

static void a_child_in_new_namespaces_is_in_every_tree_of_the_group(void **state)
{
	own_str char *name = str_fmt(":/%s\n", group);
	char path[64], all[8192];
	struct cgroup_group g;
	int found = 0;
	FILE *f;
	pid_t pid;

	(void)state;
	ok(cgroup_create(group, &none, &g, &e));
	pid = waiting_child_in(&g);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	f = fopen(path, "re");
	all[fread(all, 1, sizeof(all) - 1, f)] = '\0';
	fclose(f);
	for (char *p = all; (p = strstr(p, name)); p++)
		found++;
	assert_int_equal(found, trees_n);
	cgroup_close(&g);
	ok(cgroup_kill(group, &e));
	assert_int_equal(status_of(pid), 128 + SIGKILL);
}

static void a_process_of_the_host_joins_a_cgroup(void **state)
{
	struct cgroup_group g;
	pid_t pid;

	(void)state;
	ok(cgroup_create(group, &none, &g, &e));
	cgroup_close(&g);
	ok(cgroup_open(group, &g, &e));
	pid = fork();
	if (pid == 0) {
		if (cgroup_join(&g, true, &e) < 0)
			_exit(99);
		for (;;)
			pause();
	}
	cgroup_close(&g);
	/* Its membership in the cgroup is certain only after it has joined. */
	while (waitpid(pid, NULL, WNOHANG) == 0)
		ok(cgroup_kill(group, &e));
}

static void a_process_over_the_memory_limit_is_killed_and_counted(void **state)
{
	struct limits want = {.memory = 16 << 20, .memory_swap = 16 << 20};
	size_t bytes = 64 << 20;
	struct cgroup_group g;

	(void)state;
	ok(cgroup_create(group, &want, &g, &e));
	assert_int_equal(cgroup_oom_kills(group), 0);
	assert_int_equal(status_of(child_in(&g, use_memory, &bytes)), 128 + SIGKILL);
	cgroup_close(&g);
	assert_int_equal(cgroup_oom_kills(group), 1);
}

static void no_more_processes_start_than_the_limit(void **state)
{
	struct limits want = {.pids = 5};
	struct cgroup_group g;

	(void)state;
	ok(cgroup_create(group, &want, &g, &e));
	assert_int_equal(status_of(child_in(&g, count_forks, NULL)), 4);
	cgroup_close(&g);
	ok(cgroup_kill(group, &e));
}

static void a_frozen_group_stands_still_until_thawed(void **state)
{
	unsigned long *counter =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long before;
	own_freezer struct freezer f = FREEZER_NONE;
	struct rlimit nofile;
	struct cgroup_group g;
	pid_t pid;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &nofile);
	ok(cgroup_create(group, &none, &g, &e));
	pid = child_in(&g, count_for_ever, counter);
	cgroup_close(&g);
	while (!__atomic_load_n(counter, __ATOMIC_SEQ_CST))
		sched_yield();
	ok(cgroup_freezer(group, &f, &e));
	assert_false(freezer_is_frozen(&f));
	ok(freezer_freeze(&f, 10000, &e));
	assert_true(freezer_is_frozen(&f));
	before = __atomic_load_n(counter, __ATOMIC_SEQ_CST);
	usleep(30000);
	assert_int_equal(__atomic_load_n(counter, __ATOMIC_SEQ_CST), before);
	/* Without free descriptors. */
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, nofile.rlim_max});
	ok(freezer_thaw(&f, &e));
	setrlimit(RLIMIT_NOFILE, &nofile);
	assert_false(freezer_is_frozen(&f));
	while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) == before)
		sched_yield();
	ok(cgroup_kill(group, &e));
	assert_int_equal(status_of(pid), 128 + SIGKILL);
	munmap(counter, 4096);
}

static void a_frozen_group_can_be_killed(void **state)
{
	own_freezer struct freezer f = FREEZER_NONE;
	pid_t pid;

	(void)state;
	pid = group_with_child();
	ok(cgroup_freezer(group, &f, &e));
	ok(freezer_freeze(&f, 10000, &e));
	ok(cgroup_kill(group, &e));
	assert_int_equal(status_of(pid), 128 + SIGKILL);
	ok(cgroup_delete(group, &e));
	assert_int_equal(count_trees_with(group), 0);
}

static void nested_groups_and_their_processes_end_with_the_group(void **state)
{
	own_str char *inner = str_fmt("%s/b/c", group);
	struct cgroup_group g;
	pid_t pid;

	(void)state;
	ok(cgroup_create(group, &none, &g, &e));
	cgroup_close(&g);
	assert_int_equal(hierarchy_make(inner), 0);
	for (int i = 0; i < trees_n && !v2(); i++) {
		hierarchy_set("cpuset", inner, "cpuset.mems", "0");
		hierarchy_set("cpuset", inner, "cpuset.cpus", "0");
	}
	ok(cgroup_open(inner, &g, &e));
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	for (int i = 0; i < g.v1_n; i++)
		dprintf(g.v1[i], "%d", (int)pid);
	if (g.v2 >= 0) {
		own_fd int procs = openat(g.v2, "cgroup.procs", O_WRONLY);

		dprintf(procs, "%d", (int)pid);
	}
	cgroup_close(&g);
	ok(cgroup_kill(group, &e));
	assert_int_equal(status_of(pid), 128 + SIGKILL);
	ok(cgroup_delete(group, &e));
	assert_int_equal(count_trees_with(above), 0);
}

static void a_group_ends_with_its_processes_or_without(void **state)
{
	struct cgroup_group g;
	pid_t pid;

	(void)state;
	pid = group_with_child();
	ok(cgroup_end(group, &e));
	assert_int_equal(status_of(pid), 128 + SIGKILL);
	assert_int_equal(count_trees_with(above), 0);
	ok(cgroup_create(group, &none, &g, &e));
	cgroup_close(&g);
	ok(cgroup_end(group, &e));
	assert_int_equal(count_trees_with(above), 0);
}

static void deleting_a_group_twice_succeeds(void **state)
{
	struct cgroup_group g;
	struct freezer f;

	(void)state;
	ok(cgroup_create(group, &none, &g, &e));
	cgroup_close(&g);
	assert_int_equal(count_trees_with(group), trees_n);
	ok(cgroup_delete(group, &e));
	assert_int_equal(count_trees_with(group), 0);
	assert_int_equal(count_trees_with(above), 0);
	ok(cgroup_kill(group, &e));
	ok(cgroup_thaw(group, &e));
	assert_int_equal(cgroup_freezer(group, &f, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	ok(cgroup_delete(group, &e));
	assert_int_equal(cgroup_oom_kills(group), 0);
	assert_int_equal(cgroup_open(group, &g, &e), -1);
	assert_non_null(strstr(e.msg, group));
}

static void a_group_with_processes_is_not_deleted(void **state)
{
	pid_t pid;

	(void)state;
	pid = group_with_child();
	assert_int_equal(cgroup_delete(group, &e), -1);
	assert_int_equal(e.sys, EBUSY);
	assert_int_equal(kill(pid, 0), 0);
	kill(pid, SIGKILL);
	status_of(pid);
}

static void a_parent_made_by_hand_outlives_its_groups(void **state)
{
	struct cgroup_group g;

	(void)state;
	for (int i = 0; i < trees_n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], above, NULL);

		assert_int_equal(mkdir(dir, 0755), 0);
	}
	ok(cgroup_create(group, &none, &g, &e));
	cgroup_close(&g);
	ok(cgroup_delete(group, &e));
	assert_int_equal(count_trees_with(above), trees_n);
	for (int i = 0; i < trees_n; i++) {
		own_str char *dir = hierarchy_path(&trees[i], above, NULL);

		assert_int_equal(rmdir(dir), 0);
	}
}

static void concurrent_processes_make_and_remove_a_common_parent(void **state)
{
	pid_t pids[20];
	struct cgroup_group g;

	(void)state;
	for (int i = 0; i < 20; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		snprintf(group, sizeof(group), "%s/%d", above, i);
		for (int k = 0; k < 10; k++) {
			if (cgroup_create(group, &(struct limits){.pids = 9, .memory = 1 << 20}, &g,
					  &e) < 0 ||
			    (cgroup_close(&g), cgroup_delete(group, &e)) < 0) {
				fprintf(stderr, "%s\n", e.msg);
				_exit(1);
			}
		}
		_exit(0);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(status_of(pids[i]), 0);
	assert_int_equal(count_trees_with(above), 0);
}

static void an_unsupported_limit_is_named_and_nothing_is_left(void **state)
{
	static const struct {
		struct limits want;
		const char *says;
	} bad[] = {
		{{.cpuset_cpus = "0-4095"}, "--cpuset-cpus 0-4095: not available (available: 0"},
		{{.cpuset_cpus = "all"},
		 "--cpuset-cpus all: not a list of processors (such as 0-3,7)"},
		{{.cpuset_cpus = "0\n1"},
		 "--cpuset-cpus 0\n1: not a list of processors (such as 0-3,7)"},
		{{.cpuset_cpus = ""}, "--cpuset-cpus : not a list of processors (such as 0-3,7)"},
		{{.memory = 1024}, "--memory 1024: less than a page of memory"},
		{{.memory = 8 << 20, .memory_swap = 4 << 20},
		 "--memory-swap 4194304: memory plus swap: must not be less than --memory"},
		{{.memory_swap = 4 << 20},
		 "--memory-swap 4194304: memory plus swap: needs --memory"},
		{{.cpus = 5}, "--cpus 0.005: Invalid argument"},
	};
	struct cgroup_group g;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(cgroup_create(group, &bad[i].want, &g, &e), -1);
		assert_memory_equal(e.msg, bad[i].says, strlen(bad[i].says));
		assert_int_equal(count_trees_with(above), 0);
	}
}

static void a_path_with_dots_or_empty_components_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "/", "a", "/a", "//a", "/ct//a", "a/b/../c", "../a", "/./a", "ct/", "/ct/..",
	};
	struct cgroup_group g;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(cgroup_create(bad[i], &none, &g, &e), -1);
		assert_int_equal(cgroup_delete(bad[i], &e), -1);
		assert_non_null(strstr(e.msg, "CT_CGROUP"));
		assert_non_null(strstr(e.msg, bad[i]));
	}
}

int main(void)
{
#define here(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		here(cgget_shows_the_limits_asked_for),
		here(the_default_swap_limit_equals_the_memory_limit),
		here(lscgroup_lists_the_group_with_every_controller),
		here(a_child_in_new_namespaces_is_in_every_tree_of_the_group),
		here(a_process_of_the_host_joins_a_cgroup),
		here(a_process_over_the_memory_limit_is_killed_and_counted),
		here(no_more_processes_start_than_the_limit),
		here(a_frozen_group_stands_still_until_thawed),
		here(a_frozen_group_can_be_killed),
		here(nested_groups_and_their_processes_end_with_the_group),
		here(a_group_ends_with_its_processes_or_without),
		here(deleting_a_group_twice_succeeds),
		here(a_group_with_processes_is_not_deleted),
		here(a_parent_made_by_hand_outlives_its_groups),
		here(concurrent_processes_make_and_remove_a_common_parent),
		here(an_unsupported_limit_is_named_and_nothing_is_left),
		here(a_path_with_dots_or_empty_components_is_refused),
	};

	trees_n = hierarchy_find(&trees, &e);
	if (geteuid() != 0 || trees_n < 0 || access(trees[0].mount, W_OK) < 0) {
		printf("skipped: control groups can be made by root only, where they are mounted to be written\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
