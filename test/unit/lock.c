#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/lock.h"
#include "base/own.h"

static struct err e;

static void a_lock_is_held_until_its_descriptor_is_closed(void **state)
{
	struct scratch *s = *state;
	own_fd int held = lock_take(s->dir, ".", &e), next = -1;

	assert_true(held >= 0);
	assert_refused(lock_try(s->dir, ".", &e), &e, "lock .: Resource temporarily unavailable");
	assert_int_equal(e.sys, EWOULDBLOCK);
	close(take_fd(&held));
	next = lock_try(s->dir, ".", &e);
	assert_true(next >= 0);
	assert_true(fcntl(next, F_GETFD) & FD_CLOEXEC);
}

static void a_lock_dies_with_its_holder(void **state)
{
	struct scratch *s = *state;
	own_fd int told = -1, tell = -1, mine = -1;
	int pair[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	told = pair[0], tell = pair[1];
	pid = fork();
	if (pid == 0) {
		if (lock_take(s->dir, ".", &e) < 0 || write(tell, "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(told, &c, 1), 1);
	assert_int_equal(lock_try(s->dir, ".", &e), -1);
	kill(pid, SIGKILL);
	mine = lock_take(s->dir, ".", &e); /* waits for it to be gone */
	assert_true(mine >= 0);
	waitpid(pid, NULL, 0);
}

static void a_missing_directory_cannot_be_locked(void **state)
{
	struct scratch *s = *state;

	assert_refused(lock_take(s->dir, "ps_1", &e), &e, "ps_1: No such file or directory");
	assert_int_equal(e.sys, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_lock_is_held_until_its_descriptor_is_closed),
		unit_test_scratch(a_lock_dies_with_its_holder),
		unit_test_scratch(a_missing_directory_cannot_be_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
