#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "container/container.h"

static struct err e;
static char root_path[] = "/root", run_path[] = "/run";
static const char started[] = "2024-05-01T10:00:00.000000000Z";

/* Containers are found by their directories, which need no btrfs here. */
static struct store fake_store(const struct scratch *s)
{
	mkdirat(s->dir, "root", 0700);
	mkdirat(s->dir, "run", 0700);
	/* Cleaning up kills the processes of a cgroup: use one that no real container has. */
	setenv("CT_CGROUP", strrchr(s->path, '/'), 1);
	return (struct store){.root_path = root_path,
			      .run_path = run_path,
			      .root = openat(s->dir, "root", O_RDONLY | O_CLOEXEC),
			      .run = openat(s->dir, "run", O_RDONLY | O_CLOEXEC)};
}

static void close_fake(const struct store *s)
{
	close(s->root);
	close(s->run);
}

static void make(const struct store *s, const char *id, const char *config)
{
	own_str char *path = str_fmt("%s/config", id);

	mkdirat(s->root, id, 0700);
	mkdirat(s->run, id, 0700);
	assert_int_equal(file_write(s->root, path, 0600, config, strlen(config), &e), 0);
}

static pid_t child(struct proc_id *id)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	assert_int_equal(proc_identify(pid, id), 0);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void assert_status(const struct store *s, const char *id, const char *wanted)
{
	own_container struct container c = {.dir = -1};
	struct container_state st;
	own_str char *text = NULL;

	assert_int_equal(container_open(s, id, &c, &e), 0);
	assert_int_equal(container_state(s, &c, &st, &e), 0);
	text = container_status_text(&st);
	assert_string_equal(text, wanted);
}

static void assert_oom_killed(const struct store *s, const char *id, bool wanted)
{
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	assert_int_equal(container_open(s, id, &c, &e), 0);
	assert_int_equal(container_state(s, &c, &st, &e), 0);
	assert_int_equal(st.oom_killed, wanted);
}

static void a_container_with_a_living_first_process_is_running(void **state)
{
	struct store s = fake_store(*state);
	struct proc_id init;
	pid_t pid = child(&init);
	struct container c;
	struct container_state st;

	make(&s, "ps_42002", "image=img_42002\n");
	assert_int_equal(container_write_state(&s, "ps_42002", &init, started, &e), 0);
	assert_int_equal(container_open(&s, "ps_42002", &c, &e), 0);
	assert_int_equal(container_state(&s, &c, &st, &e), 0);
	assert_int_equal(st.phase, CONTAINER_RUNNING);
	assert_int_equal(st.init.pid, pid);
	assert_int_equal(st.supervisor.pid, getpid());
	assert_string_equal(st.started, started);
	container_close(&c);
	stop(pid);
	close_fake(&s);
}

static void an_ended_container_has_its_status(void **state)
{
	static const struct {
		enum container_phase phase;
		int code;
		const char *text;
	} cases[] = {
		{CONTAINER_EXITED, 0, "exited 0"}, {CONTAINER_EXITED, 42, "exited 42"},
		{CONTAINER_KILLED, 9, "killed 9"}, {CONTAINER_DEAD, 0, "dead"},
		{CONTAINER_CREATED, 0, "created"},
	};
	struct store s = fake_store(*state);
	int dir;

	make(&s, "ps_42002", "arg=true\n");
	dir = openat(s.root, "ps_42002", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(container_write_exit(dir, cases[i].phase, cases[i].code, i == 1,
						      started, &e),
				 0);
		assert_status(&s, "ps_42002", cases[i].text);
		assert_oom_killed(&s, "ps_42002", i == 1);
	}
	close(dir);
	close_fake(&s);
}

static void the_phase_oom_of_earlier_versions_is_read_as_the_programs_status(void **state)
{
	static const struct {
		const char *record, *text;
	} cases[] = {
		{"phase=oom\ncode=137\n", "killed 9"},
		{"phase=oom\ncode=7\n", "exited 7"},
	};
	struct store s = fake_store(*state);

	make(&s, "ps_42002", "arg=true\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(file_write(s.root, "ps_42002/exit", 0600, cases[i].record,
					    strlen(cases[i].record), &e),
				 0);
		assert_status(&s, "ps_42002", cases[i].text);
		assert_oom_killed(&s, "ps_42002", true);
	}
	close_fake(&s);
}

static void a_container_without_an_exit_record_is_dead(void **state)
{
	struct store s = fake_store(*state);
	struct proc_id init;
	pid_t pid = child(&init);

	make(&s, "ps_42002", "arg=true\n");
	assert_status(&s, "ps_42002", "dead");
	assert_int_equal(container_write_state(&s, "ps_42002", &init, started, &e), 0);
	assert_status(&s, "ps_42002", "running");
	stop(pid);
	assert_status(&s, "ps_42002", "dead"); /* although its supervisor, this process, is alive */
	close_fake(&s);
}

static void a_reused_pid_is_not_the_container(void **state)
{
	struct store s = fake_store(*state);
	struct proc_id init;
	pid_t pid = child(&init);

	make(&s, "ps_42002", "arg=true\n");
	init.start--;
	assert_int_equal(container_write_state(&s, "ps_42002", &init, started, &e), 0);
	assert_status(&s, "ps_42002", "dead");
	stop(pid);
	close_fake(&s);
}

static void a_state_of_another_boot_is_ignored(void **state)
{
	struct store s = fake_store(*state);
	own_record struct record r = {0};
	struct proc_id init;
	pid_t pid = child(&init);

	make(&s, "ps_42002", "arg=true\n");
	assert_int_equal(container_write_state(&s, "ps_42002", &init, started, &e), 0);
	assert_int_equal(record_read(s.run, "ps_42002/state", &r, &e), 0);
	record_drop(&r, "boot");
	record_add(&r, "boot", "00000000-0000-0000-0000-000000000000");
	assert_int_equal(record_write(s.run, "ps_42002/state", &r, &e), 0);
	assert_status(&s, "ps_42002", "dead");
	stop(pid);
	close_fake(&s);
}

static void the_root_is_the_snapshot_or_the_users_directory(void **state)
{
	struct store s = fake_store(*state);
	struct container c;
	char *root;

	make(&s, "ps_42002", "image=img_42002\n");
	assert_int_equal(container_open(&s, "ps_42002", &c, &e), 0);
	root = container_root(&s, &c);
	assert_string_equal(root, "/root/ps_42002/rootfs");
	free(root);
	container_close(&c);
	make(&s, "ps_42003", "rootfs=/srv/tree\n");
	assert_int_equal(container_open(&s, "ps_42003", &c, &e), 0);
	root = container_root(&s, &c);
	assert_string_equal(root, "/srv/tree");
	free(root);
	container_close(&c);
	close_fake(&s);
}

static void the_cgroup_is_below_the_parent_in_the_environment(void **state)
{
	static const struct {
		const char *parent, *group;
	} cases[] = {
		{"/mine", "mine/ps_42002"},
		{"//a/b", "a/b/ps_42002"},
		{"", "ct/ps_42002"},
		{NULL, "ct/ps_42002"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_str char *group = NULL;

		if (cases[i].parent)
			setenv("CT_CGROUP", cases[i].parent, 1);
		else
			unsetenv("CT_CGROUP");
		group = container_group("ps_42002");
		assert_string_equal(group, cases[i].group);
	}
}

static void an_unknown_or_damaged_container_is_refused_by_the_given_name(void **state)
{
	struct store s = fake_store(*state);
	struct container c;

	assert_refused(container_open(&s, "ps_42002", &c, &e), &e, "ps_42002: no such container");
	assert_refused(container_open(&s, "web", &c, &e), &e, "web: no such container");
	make(&s, "ps_42002", "nonsense\n");
	assert_refused(container_open(&s, "ps_42002", &c, &e), &e,
		       "ps_42002: config: damaged (nonsense)");
	container_close(&c);
	make(&s, "ps_42003", "read-only=1\nseccomp");
	assert_refused(container_open(&s, "ps_42003", &c, &e), &e,
		       "ps_42003: config: damaged (cut short)");
	container_close(&c);
	close_fake(&s);
}

/* Waits until the directory was opened twice; false if the process ended before. */
static bool opened_twice(int inotify, int pidfd)
{
	struct pollfd p[] = {{.fd = inotify, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	char events[4096];
	ssize_t n;

	for (int opened = 0; opened < 2;
	     opened += (int)(n / (ssize_t)sizeof(struct inotify_event))) {
		assert_true(poll(p, 2, -1) > 0);
		if (!(p[0].revents & POLLIN))
			return false;
		n = read(inotify, events, sizeof(events));
		assert_true(n > 0);
	}
	return true;
}

static void a_start_waits_for_a_command_that_cleans_up(void **state)
{
	const struct scratch *scratch = *state;
	struct store s = fake_store(scratch);
	own_str char *dir = str_fmt("%s/run/ps_42002", scratch->path);
	own_fd int lock = -1, inotify = inotify_init1(IN_CLOEXEC), pidfd = -1;
	int status;
	pid_t pid;

	mkdirat(s.run, "ps_42002", 0700);
	lock = lock_try(s.run, "ps_42002", &e);
	assert_true(lock >= 0);
	assert_true(inotify_add_watch(inotify, dir, IN_OPEN | IN_ONLYDIR) >= 0);
	pid = fork();
	if (pid == 0) {
		close(lock); /* flock(2): an inherited descriptor has the same lock */
		_exit(container_begin(&s, "ps_42002", &e) < 0);
	}
	pidfd = pidfd_open(pid, 0);
	assert_true(opened_twice(inotify, pidfd));
	shut_fd(&lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close_fake(&s);
}

static void a_container_with_a_living_supervisor_is_not_started_again(void **state)
{
	struct store s = fake_store(*state);
	own_fd int lock = -1;
	struct proc_id init;
	pid_t pid = child(&init);

	make(&s, "ps_42002", "");
	lock = lock_try(s.run, "ps_42002", &e);
	assert_int_equal(container_write_state(&s, "ps_42002", &init, started, &e), 0);
	assert_refused(container_begin(&s, "ps_42002", &e), &e, "is already running");
	stop(pid); /* the supervisor has not yet written the exit record */
	assert_refused(container_begin(&s, "ps_42002", &e), &e, "is already running");
	close_fake(&s);
}

static void a_starting_container_is_not_cleaned_up(void **state)
{
	struct store s = fake_store(*state);
	own_fd int lock = -1;

	mkdirat(s.run, "ps_42002", 0700);
	lock = lock_try(s.run, "ps_42002", &e);
	container_sweep(&s);
	assert_int_equal(container_clean_dead(&s, "ps_42002", &e), 0);
	assert_int_equal(faccessat(s.run, "ps_42002", F_OK, 0), 0);
	shut_fd(&lock);
	container_sweep(&s);
	assert_int_equal(faccessat(s.run, "ps_42002", F_OK, 0), -1);
	close_fake(&s);
}

static void an_emptied_record_is_reported(void **state)
{
	struct store s = fake_store(*state);
	own_container struct container c = CONTAINER_NONE;

	make(&s, "ps_42002", "");
	assert_refused(
		container_open(&s, "ps_42002", &c, &e), &e,
		"ps_42002: config: empty since a power cut ('ct rm -f' removes the container)");
	strcpy(c.id, "ps_42002");
	assert_refused(
		container_config(&s, &c, &e), &e,
		"ps_42002/config: empty since a power cut ('ct rm -f' removes the container)");
	close_fake(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_container_with_a_living_first_process_is_running),
		unit_test_scratch(an_ended_container_has_its_status),
		unit_test_scratch(the_phase_oom_of_earlier_versions_is_read_as_the_programs_status),
		unit_test_scratch(a_container_without_an_exit_record_is_dead),
		unit_test_scratch(a_reused_pid_is_not_the_container),
		unit_test_scratch(a_state_of_another_boot_is_ignored),
		unit_test_scratch(the_root_is_the_snapshot_or_the_users_directory),
		unit_test_scratch(the_cgroup_is_below_the_parent_in_the_environment),
		unit_test_scratch(an_unknown_or_damaged_container_is_refused_by_the_given_name),
		unit_test_scratch(an_emptied_record_is_reported),
		unit_test_scratch(a_start_waits_for_a_command_that_cleans_up),
		unit_test_scratch(a_container_with_a_living_supervisor_is_not_started_again),
		unit_test_scratch(a_starting_container_is_not_cleaned_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
