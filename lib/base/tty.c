#include "base/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"

static struct termios before;
static int raw_fd;
static volatile sig_atomic_t is_raw;

/*
 * Stops a background job with SIGTTOU until it is in the foreground. SIGTTOU is unblocked
 * for this: if a program that reads all signals from a signalfd blocked it, the kernel would
 * let the job change the terminal under the shell. tcflow(3) triggers SIGTTOU and, with
 * TCOON, changes nothing.
 */
static int await_foreground(int fd)
{
	sigset_t ttou, old;
	int failed;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &ttou, &old);
	while ((failed = tcflow(fd, TCOON)) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return failed;
}

int tty_raw(int fd, struct err *e)
{
	static bool at_exit;
	struct termios now;

	if (await_foreground(fd) < 0 || tcgetattr(fd, &now) < 0)
		return err_sys(e, "terminal: set raw mode");
	if (!is_raw) {
		before = now;
		raw_fd = fd;
	}
	if (!at_exit && atexit(tty_restore) == 0)
		at_exit = true;
	/*
	 * Set before the change: a signal handler that runs in between restores settings that
	 * are still in force.
	 */
	is_raw = 1;
	cfmakeraw(&now);
	while (tcsetattr(fd, TCSANOW, &now) < 0)
		if (errno != EINTR)
			return err_sys(e, "terminal: set raw mode");
	return 0;
}

void tty_restore(void)
{
	int saved = errno;
	pid_t front;

	if (!is_raw)
		return;
	is_raw = 0;
	/* -1: not the controlling terminal, so there is no job control */
	front = tcgetpgrp(raw_fd);
	if (front < 0 || front == getpgrp())
		while (tcsetattr(raw_fd, TCSANOW, &before) < 0 && errno == EINTR)
			;
	errno = saved;
}

void tty_copy_size(int from, int to)
{
	struct winsize w;

	if (ioctl(from, TIOCGWINSZ, &w) == 0)
		ioctl(to, TIOCSWINSZ, &w);
}
