#include "unit.h"

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "base/own.h"
#include "base/tty.h"

static struct err e;

static bool is_raw(int fd)
{
	struct termios t;

	assert_int_equal(tcgetattr(fd, &t), 0);
	return !(t.c_lflag & (ICANON | ECHO | ISIG)) && !(t.c_oflag & OPOST) && t.c_cc[VMIN] == 1;
}

static void open_pty(int *master, int *slave)
{
	assert_int_equal(openpty(master, slave, NULL, NULL, NULL), 0);
}

static void a_terminal_becomes_raw_and_is_restored(void **state)
{
	struct termios before, after;
	own_fd int master = -1, slave = -1;

	(void)state;
	open_pty(&master, &slave);
	assert_int_equal(tcgetattr(slave, &before), 0);
	assert_int_equal(tty_raw(slave, &e), 0);
	assert_true(is_raw(slave));
	tty_restore();
	assert_int_equal(tcgetattr(slave, &after), 0);
	assert_int_equal(before.c_iflag, after.c_iflag);
	assert_int_equal(before.c_oflag, after.c_oflag);
	assert_int_equal(before.c_cflag, after.c_cflag);
	assert_int_equal(before.c_lflag, after.c_lflag);
	assert_memory_equal(before.c_cc, after.c_cc, sizeof(before.c_cc));
}

static void a_terminal_is_restored_once(void **state)
{
	own_fd int master = -1, slave = -1;
	struct termios t;

	(void)state;
	open_pty(&master, &slave);
	assert_int_equal(tty_raw(slave, &e), 0);
	tty_restore();
	assert_int_equal(tcgetattr(slave, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(slave, TCSANOW, &t), 0); /* changed by its next user */
	tty_restore();
	assert_true(is_raw(slave));
}

static void a_terminal_made_raw_twice_is_restored_to_its_first_state(void **state)
{
	own_fd int master = -1, slave = -1;

	(void)state;
	open_pty(&master, &slave);
	assert_int_equal(tty_raw(slave, &e), 0);
	assert_int_equal(tty_raw(slave, &e), 0);
	tty_restore();
	assert_false(is_raw(slave));
}

static void a_terminal_is_restored_at_exit(void **state)
{
	own_fd int master = -1, slave = -1;
	int status;
	pid_t pid;

	(void)state;
	open_pty(&master, &slave);
	pid = fork();
	if (pid == 0)
		exit(tty_raw(slave, &e) == 0 && is_raw(slave) ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(is_raw(slave));
}

/* The child leads the terminal's session; the grandchild, in another process group, is in the
 * background. */
static void the_terminal_of_another_job_is_left_alone(void **state)
{
	own_fd int master = -1, slave = -1;
	int status;
	pid_t pid;

	(void)state;
	open_pty(&master, &slave);
	pid = fork();
	if (pid == 0) {
		if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 || tty_raw(slave, &e) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			tty_restore(); /* neither stopped by SIGTTOU nor effective */
			_exit(is_raw(slave) ? 0 : 2);
		}
		if (waitpid(pid, &status, WUNTRACED) != pid || status != 0)
			_exit(3);
		tty_restore();
		_exit(is_raw(slave) ? 4 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* As above; the child then gives its child the terminal. */
static void a_background_job_waits_for_the_terminal(void **state)
{
	own_fd int master = -1, slave = -1;
	int status;
	sigset_t all;
	pid_t pid;

	(void)state;
	open_pty(&master, &slave);
	sigfillset(&all);
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_BLOCK, &all, NULL);
		if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			_exit(tty_raw(slave, &e) == 0 && is_raw(slave) ? 0 : 2);
		}
		if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) || is_raw(slave))
			_exit(3);
		if (tcsetpgrp(slave, pid) < 0 || kill(pid, SIGCONT) < 0)
			_exit(4);
		_exit(waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 5);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_file_that_is_not_a_terminal_is_refused(void **state)
{
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_refused(tty_raw(null, &e), &e,
		       "terminal: set raw mode: Inappropriate ioctl for device");
	tty_restore();
	tty_copy_size(null, null);
}

static void the_window_size_is_copied(void **state)
{
	own_fd int master = -1, slave = -1, other_master = -1, other_slave = -1;
	const struct winsize size = {.ws_row = 47, .ws_col = 133};
	struct winsize got = {0};

	(void)state;
	open_pty(&master, &slave);
	open_pty(&other_master, &other_slave);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	tty_copy_size(slave, other_master);
	assert_int_equal(ioctl(other_slave, TIOCGWINSZ, &got), 0);
	assert_int_equal(got.ws_row, 47);
	assert_int_equal(got.ws_col, 133);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_becomes_raw_and_is_restored),
		cmocka_unit_test(a_terminal_is_restored_once),
		cmocka_unit_test(a_terminal_made_raw_twice_is_restored_to_its_first_state),
		cmocka_unit_test(a_terminal_is_restored_at_exit),
		cmocka_unit_test(the_terminal_of_another_job_is_left_alone),
		cmocka_unit_test(a_background_job_waits_for_the_terminal),
		cmocka_unit_test(a_file_that_is_not_a_terminal_is_refused),
		cmocka_unit_test(the_window_size_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
