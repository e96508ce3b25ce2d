#include "net/portctl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"

enum { ANSWER_MS = 5000 };

/* The address of the socket. The path goes through a descriptor, so it is short enough for any
 * CT_RUN. */
static struct sockaddr_un address(int dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/control", dir);
	return a;
}

int portctl_open(int dir, struct err *e)
{
	own_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = address(dir);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    fchmodat(dir, "control", 0600, 0) < 0)
		return err_sys(e, "make the container's control socket");
	return take_fd(&fd);
}

void portctl_answer(int control, struct ports *held)
{
	struct rules_port r;
	int fds[FD_PASS];
	ssize_t n;

	while ((n = fd_recv(control, &r, sizeof(r), fds)) >= 0) {
		if (n == sizeof(r) && fds[0] >= 0) {
			if (fds[1] >= 0)
				ports_add(held, &r, take_fd(&fds[1]));
			else
				ports_drop(held, &r);
			n = write(fds[0], "", 1); /* fails if the client no longer waits */
		}
		for (size_t i = 0; i < FD_PASS; i++)
			own_close(&fds[i]);
	}
}

/*
 * Sends a request with the port, one end of a pipe, through which the supervisor confirms, and the
 * socket that reserves the port (-1: release the port).
 */
static int ask(const struct store *s, const char *id, const struct rules_port *p, int fd,
	       struct err *e)
{
	own_fd int dir = openat(s->run, id, O_PATH | O_DIRECTORY | O_CLOEXEC), to = -1, done = -1,
		   sign = -1;
	struct sockaddr_un a = address(dir);
	struct pollfd wait = {.events = POLLIN};
	int ends[2], fds[2];
	char word;

	to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (dir < 0 || to < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "%s", id);
	wait.fd = done = ends[0];
	fds[0] = sign = ends[1];
	fds[1] = fd;
	if (connect(to, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    fd_send(to, p, sizeof(*p), fds, fd < 0 ? 1 : 2) < 0)
		return err_sys(e, "%s: its supervisor", id);
	shut_fd(&sign);
	if (poll(&wait, 1, ANSWER_MS) != 1 || read(done, &word, 1) != 1)
		return err_set(e, "%s: its supervisor does not answer", id);
	return 0;
}

int portctl_hold(const struct store *s, const char *id, const struct rules_port *p, int fd,
		 struct err *e)
{
	return ask(s, id, p, fd, e);
}

int portctl_drop(const struct store *s, const char *id, const struct rules_port *p, struct err *e)
{
	return ask(s, id, p, -1, e);
}
