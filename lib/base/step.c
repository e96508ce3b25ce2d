#include "base/step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"

static int terminal = -1;

int step_begin(struct err *e)
{
	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	return terminal < 0 ? err_sys(e, "--step: /dev/tty") : 0;
}

bool step_wanted(void)
{
	return terminal >= 0;
}

void step_say(const char *text)
{
	fd_write_all(terminal, text, strlen(text));
}

/* A signal that is not blocked has its usual effect and never arrives here. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int step_wait(const char *line, struct err *e)
{
	own_str char *text = str_fmt("%s  [Enter] ", line);
	own_fd int signals = -1;
	char c = 0;

	if (terminal < 0)
		return 0;
	signals = open_signals();
	if (signals < 0 || fd_write_all(terminal, text, strlen(text)) < 0)
		return err_sys(e, "--step: /dev/tty");
	while (c != '\n') {
		struct pollfd p[] = {{.fd = terminal, .events = POLLIN},
				     {.fd = signals, .events = POLLIN}};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(e, "--step: /dev/tty");
		if (p[1].revents || (p[0].revents && read(terminal, &c, 1) <= 0)) {
			err_set(e, "--step: stopped by the user");
			return err_status(e, 130);
		}
	}
	return 0;
}
