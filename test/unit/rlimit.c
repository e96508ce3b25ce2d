#include "unit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/str.h"
#include "kernel/rlimit.h"

static struct err e;

static void a_limit_is_a_name_with_one_or_two_values(void **state)
{
	static const char *const right[] = {"nofile=64",
					    "nofile=64:128",
					    "core=0",
					    "nproc=unlimited",
					    "stack=-1",
					    "memlock=1:unlimited",
					    "cpu=9223372036854775807"};

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
		assert_int_equal(rlimit_check(right[i], &e), 0);
}

static void invalid_limits_are_refused_by_name(void **state)
{
	(void)state;
	assert_refused(rlimit_check("nofile", &e), &e,
		       "nofile: not NAME=SOFT[:HARD] with a NAME such as nofile, nproc, core");
	assert_refused(rlimit_check("", &e), &e,
		       ": not NAME=SOFT[:HARD] with a NAME such as nofile, nproc, core");
	assert_refused(rlimit_check("nosuch=1", &e), &e,
		       "nosuch=1: not NAME=SOFT[:HARD] with a NAME such as nofile, nproc, core");
	assert_refused(rlimit_check("nofile=", &e), &e, "nofile=: not NAME=SOFT[:HARD]");
	assert_refused(rlimit_check("nofile=1:", &e), &e, "nofile=1:: not NAME=SOFT[:HARD]");
	assert_refused(rlimit_check("nofile=1:2:3", &e), &e, "nofile=1:2:3: not NAME=SOFT[:HARD]");
	assert_refused(rlimit_check("nofile=1k", &e), &e, "nofile=1k: not NAME=SOFT[:HARD]");
	assert_refused(rlimit_check("nofile=2:1", &e), &e,
		       "nofile=2:1: the soft limit is above the hard one");
	assert_refused(rlimit_check("nofile=unlimited:1", &e), &e,
		       "nofile=unlimited:1: the soft limit is above the hard one");
}

/* A child whose limits are set, because a lowered limit cannot be raised again. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	assert_true(pid > 0);
	return pid;
}

static void a_limit_of_another_process_is_set(void **state)
{
	struct strv notes = {0};
	struct rlimit got;
	pid_t pid = child();

	(void)state;
	assert_int_equal(rlimit_set(pid, "nofile=64:128", &notes, &e), 0);
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &got), 0);
	assert_int_equal(got.rlim_cur, 64);
	assert_int_equal(got.rlim_max, 128);
	assert_int_equal(notes.n, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_limit_above_the_hosts_is_reduced_and_reported(void **state)
{
	struct strv notes = {0};
	struct rlimit before, got;
	pid_t pid = child();

	(void)state;
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &before), 0);
	/* More files than the kernel allows. */
	assert_int_equal(rlimit_set(pid, "nofile=64:999999999999", &notes, &e), 0);
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &got), 0);
	assert_int_equal(got.rlim_cur, 64);
	assert_int_equal(got.rlim_max, before.rlim_max);
	assert_int_equal(notes.n, 1);
	assert_non_null(strstr(notes.v[0],
			       "--ulimit nofile=64:999999999999: this host allows no more than "));
	strv_free(&notes);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_dead_process_is_an_error(void **state)
{
	struct strv notes = {0};
	pid_t pid = child();

	(void)state;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_refused(rlimit_set(pid, "core=0", &notes, &e), &e,
		       "--ulimit core=0: No such process");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_is_a_name_with_one_or_two_values),
		cmocka_unit_test(invalid_limits_are_refused_by_name),
		cmocka_unit_test(a_limit_of_another_process_is_set),
		cmocka_unit_test(a_limit_above_the_hosts_is_reduced_and_reported),
		cmocka_unit_test(a_dead_process_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
