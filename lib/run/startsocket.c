#include "run/startsocket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "run/channel.h"

#define NAME "start"

/* The path of a socket has 107 bytes at most: it is reached through the directory's descriptor. */
static struct sockaddr_un address_in(int dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" NAME, dir);
	return a;
}

int startsocket_open(int dir, struct err *e)
{
	struct sockaddr_un a = address_in(dir);
	own_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1) < 0)
		return err_sys(e, "make the socket %s", NAME);
	return take_fd(&fd);
}

int startsocket_await(int listening, struct err *e)
{
	for (;;) {
		own_fd int conn = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		struct message m;

		if (conn < 0 && errno != EINTR && errno != ECONNABORTED)
			return err_sys(e, "wait for the start");
		/* A starter that died before its message is followed by another one. */
		if (conn >= 0 && channel_receive(conn, &m, e) > 0 && m.kind == MESSAGE_EXECUTE)
			return take_fd(&conn);
	}
}

int startsocket_send(int dir, struct err *e)
{
	struct sockaddr_un a = address_in(dir);
	own_fd int conn = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int ignored = -1;

	if (conn < 0 || connect(conn, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return err_sys(e, "connect to the created container");
	/* It is started once. */
	unlinkat(dir, NAME, 0);
	if (channel_send(conn, MESSAGE_EXECUTE, NULL, -1, e) < 0)
		return -1;
	return channel_hear(conn, &ignored, e) < 0 ? -1 : 0;
}
