#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"

static struct err e;

/* A child that waits to be killed, with a name that a hostile process might have. */
static pid_t sleeper(const char *name)
{
	int pair[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		if (write(pair[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(pair[0], &c, 1), 1);
	close(pair[0]);
	close(pair[1]);
	return pid;
}

/* A zombie. */
static void kill_to_zombie(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void a_process_is_identified_by_its_start_time(void **state)
{
	pid_t pid = sleeper("plain");
	struct proc_id id, other;

	(void)state;
	assert_int_equal(proc_identify(pid, &id), 0);
	assert_int_equal(id.pid, pid);
	assert_true(id.start > 0);
	assert_true(proc_alive(&id));
	other = id;
	other.start--;
	assert_false(proc_alive(&other));
	assert_int_equal(proc_open(&other), -1);
	assert_int_equal(errno, ESRCH);
	kill(pid, SIGKILL);
	assert_int_equal(proc_wait_child(pid), 128 + SIGKILL);
	assert_false(proc_alive(&id));
	assert_int_equal(proc_identify(pid, &id), -1);
	assert_int_equal(errno, ESRCH);
}

static void the_name_of_a_process_does_not_forge_its_fields(void **state)
{
	pid_t plain = sleeper("plain"), evil = sleeper(") Z 1 1) 1 1");
	struct proc_id a, b;

	(void)state;
	assert_int_equal(proc_identify(plain, &a), 0);
	assert_int_equal(proc_identify(evil, &b), 0);
	assert_true(b.start >= a.start && b.start - a.start < 1000);
	kill(plain, SIGKILL);
	kill(evil, SIGKILL);
	proc_wait_child(plain);
	proc_wait_child(evil);
}

static void a_zombie_is_dead(void **state)
{
	pid_t pid = sleeper("plain");
	struct proc_id id;

	(void)state;
	proc_identify(pid, &id);
	kill_to_zombie(pid);
	assert_false(proc_alive(&id));
	assert_int_equal(proc_open(&id), -1);
	proc_wait_child(pid);
}

static void pid_0_is_not_alive(void **state)
{
	struct proc_id none = {0}, negative = {.pid = -1};

	(void)state;
	assert_false(proc_alive(&none));
	assert_false(proc_alive(&negative));
	assert_int_equal(proc_open(&none), -1);
	assert_int_equal(errno, ESRCH);
}

static void a_lack_of_descriptors_is_not_taken_for_death(void **state)
{
	struct rlimit before, none;
	struct proc_id id;
	bool alive;
	int failed;

	(void)state;
	assert_int_equal(proc_identify(getppid(), &id), 0);
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	alive = proc_alive(&id);
	failed = proc_identify(getppid(), &id) < 0 ? errno : 0;
	setrlimit(RLIMIT_NOFILE, &before);
	assert_true(alive);
	assert_int_equal(failed, EMFILE);
}

static void the_end_of_a_process_is_an_event(void **state)
{
	pid_t pid = sleeper("plain");
	struct proc_id id;
	own_fd int fd = -1;

	(void)state;
	proc_identify(pid, &id);
	fd = proc_open(&id);
	assert_true(fd >= 0);
	assert_false(proc_wait_gone(fd, 0));
	kill(pid, SIGKILL);
	assert_true(proc_wait_gone(fd, 10000));
	proc_wait_child(pid);
}

static void the_output_of_a_program_is_captured(void **state)
{
	own_buf struct buf out = {0}, why = {0};

	(void)state;
	assert_int_equal(proc_run((char *[]){(char[]){"sh"}, (char[]){"-c"},
					     (char[]){"echo out; echo why >&2; cat; exit 7"}, NULL},
				  &out, &why, &e),
			 7);
	assert_string_equal(out.data, "out\n");
	assert_string_equal(why.data, "why\n");
}

static void excess_output_of_a_program_is_dropped(void **state)
{
	own_buf struct buf out = {0}, why = {0};

	(void)state;
	assert_int_equal(
		proc_run(
			(char *[]){
				(char[]){"sh"}, (char[]){"-c"},
				(char[]){"head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"},
				NULL},
			&out, &why, &e),
		0);
	assert_int_equal(out.len, 1 << 20);
	assert_int_equal(why.len, 1 << 20);
}

static void a_missing_program_gives_127(void **state)
{
	own_buf struct buf why = {0};

	(void)state;
	assert_int_equal(proc_run((char *[]){(char[]){"ct-no-such-program"}, NULL}, NULL, &why, &e),
			 127);
}

static void a_program_that_is_killed_gives_its_signal(void **state)
{
	own_buf struct buf why = {0};

	(void)state;
	assert_int_equal(proc_run((char *[]){(char[]){"sh"}, (char[]){"-c"},
					     (char[]){"kill -TERM $$"}, NULL},
				  NULL, &why, &e),
			 128 + SIGTERM);
}

static void a_child_that_died_before_execve_is_recognised(void **state)
{
	char name[] = "true", *const program[] = {name, NULL};
	pid_t forked = sleeper("forked"), executed;

	(void)state;
	assert_false(proc_has_executed(forked));
	kill_to_zombie(forked);
	assert_false(proc_has_executed(forked));
	waitpid(forked, NULL, 0);
	executed = fork();
	if (executed == 0) {
		execvp(*program, program);
		_exit(127);
	}
	assert_int_equal(waitid(P_PID, (id_t)executed, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_true(proc_has_executed(executed));
	assert_int_equal(waitpid(executed, NULL, 0), executed);
}

static void the_boot_has_an_id(void **state)
{
	char a[37], b[37];

	(void)state;
	assert_int_equal(proc_boot_id(a, &e), 0);
	assert_int_equal(proc_boot_id(b, &e), 0);
	assert_int_equal(strlen(a), 36);
	assert_string_equal(a, b);
}

static void a_forked_child_writes_to_its_parent_and_its_death_ends_the_pipe(void **state)
{
	own_fd int end = -1;
	pid_t pid = proc_fork_pipe(&end);
	char c = 0;

	(void)state;
	if (pid == 0)
		_exit(write(end, "x", 1) == 1 ? 7 : 1);
	assert_true(pid > 0);
	assert_true(fcntl(end, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(read(end, &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(read(end, &c, 1), 0);
	assert_int_equal(proc_wait_child(pid), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_identified_by_its_start_time),
		cmocka_unit_test(the_name_of_a_process_does_not_forge_its_fields),
		cmocka_unit_test(a_zombie_is_dead),
		cmocka_unit_test(pid_0_is_not_alive),
		cmocka_unit_test(a_lack_of_descriptors_is_not_taken_for_death),
		cmocka_unit_test(the_end_of_a_process_is_an_event),
		cmocka_unit_test(the_output_of_a_program_is_captured),
		cmocka_unit_test(excess_output_of_a_program_is_dropped),
		cmocka_unit_test(a_missing_program_gives_127),
		cmocka_unit_test(a_program_that_is_killed_gives_its_signal),
		cmocka_unit_test(a_child_that_died_before_execve_is_recognised),
		cmocka_unit_test(the_boot_has_an_id),
		cmocka_unit_test(a_forked_child_writes_to_its_parent_and_its_death_ends_the_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
