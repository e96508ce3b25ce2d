#include "run/channel.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* The form of a message on the socket: the kind, then the error or the text. */
struct channel_message {
	int kind;
	union {
		struct err err;
		char text[CHANNEL_TEXT];
	};
};

int channel_open(int ends[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "make a socket pair");
	return 0;
}

int channel_send(int end, enum message_kind kind, const char *text, int fd, struct err *e)
{
	size_t len = text ? strlen(text) + 1 : 0;
	struct channel_message w;

	if (len > sizeof(w.text))
		return err_set(e, "%.100s...: path too long", text);
	w.kind = (int)kind;
	if (len)
		memcpy(w.text, text, len);
	if (fd_send(end, &w, offsetof(struct channel_message, text) + len, &fd, fd >= 0) < 0)
		return err_sys(e, "send to the first process");
	return 0;
}

void channel_send_failure(int end, const struct err *why)
{
	struct channel_message w = {.kind = MESSAGE_FAILED};

	w.err = *why;
	fd_send(end, &w, offsetof(struct channel_message, err) + sizeof(w.err), NULL, 0);
}

int channel_receive(int end, struct message *m, struct err *e)
{
	int fds[FD_PASS];
	struct channel_message w;
	ssize_t n = fd_recv(end, &w, sizeof(w), fds);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n < (ssize_t)sizeof(w.kind))
		return err_sys(e, "receive from the first process");
	m->kind = (enum message_kind)w.kind;
	m->fd = fds[0];
	m->err = (struct err){.msg = "unexpected message from the container's first process"};
	if (m->kind == MESSAGE_FAILED) {
		m->err = w.err;
		m->err.msg[sizeof(m->err.msg) - 1] = '\0';
	} else {
		memcpy(m->text, w.text, (size_t)n - offsetof(struct channel_message, text));
		m->text[sizeof(m->text) - 1] = '\0';
	}
	return 1;
}

int channel_hear(int end, int *terminal, struct err *e)
{
	struct message m;
	int got;

	while ((got = channel_receive(end, &m, e)) > 0) {
		if (m.kind == MESSAGE_READY)
			return 1;
		if (m.kind != MESSAGE_TERMINAL) {
			*e = m.err;
			return -1;
		}
		*terminal = m.fd;
	}
	return got;
}
