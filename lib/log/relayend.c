#include "log/relayend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * EPOLL_CTL_DEL first: epoll would go on reporting a closed duplicate while the user's
 * descriptor is open.
 */
void end_close(int ep, struct end *s)
{
	if (s->fd >= 0) {
		if (s->way != PLAIN)
			epoll_ctl(ep, EPOLL_CTL_DEL, s->fd, NULL);
		close(s->fd);
	}
	*s = (struct end){.fd = -1, .way = NOTHING, .ready = true};
}

/*
 * Opens the same pipe or terminal with its own flags. Opening a pty master anew
 * would make another pty.
 */
static int reopen(int fd, int mode, const struct stat *st, bool tty)
{
	char path[32];

	if (!S_ISFIFO(st->st_mode) && (!tty || st->st_rdev == makedev(5, 2)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool flags_allow(int flags, int mode)
{
	return flags >= 0 && !(flags & O_PATH) &&
		((flags & O_ACCMODE) == O_RDWR || (flags & O_ACCMODE) == mode);
}

static int end_watch(int ep, struct end *s, int mode)
{
	struct epoll_event ev = {.events = EPOLLET, .data.ptr = s};

	ev.events |= mode == O_RDONLY ? EPOLLIN : EPOLLOUT;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &ev) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	s->way = PLAIN;
	s->ready = true;
	return 0;
}

int end_open(int ep, struct end *s, int fd, int mode)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	*s = (struct end){
		.fd = -1, .way = mode == O_WRONLY && fd >= 0 ? SHUT : NOTHING, .ready = true};
	if (!flags_allow(flags, mode) || fstat(fd, &st) < 0)
		return 0;
	s->tty = S_ISCHR(st.st_mode) && isatty(fd);
	/*
	 * A terminal is read only after an event, because reading it in the background
	 * causes SIGTTIN. A FIFO is tried at once: opened anew it does not report writers
	 * that had already closed.
	 */
	s->ready = !s->tty;
	s->way = NONBLOCK;
	s->fd = reopen(fd, mode, &st, s->tty);
	if (s->fd < 0) {
		s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (s->fd < 0)
			return -1;
		s->way = S_ISSOCK(st.st_mode) ? MESSAGE : flags & O_NONBLOCK ? NONBLOCK : CAREFUL;
	}
	s->pipe = S_ISFIFO(st.st_mode) && s->way == NONBLOCK;
	if (mode == O_WRONLY)
		s->gone_mask = S_ISFIFO(st.st_mode) ? EPOLLERR
			: S_ISSOCK(st.st_mode)      ? EPOLLERR | EPOLLHUP
						    : 0;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode)) {
		s->way = PLAIN;
		return 0;
	}
	return end_watch(ep, s, mode);
}

bool end_ready_now(const struct end *s, short events)
{
	struct pollfd p = {.fd = s->fd, .events = events};

	return poll(&p, 1, 0) > 0;
}

ssize_t end_read(const struct end *s, char *to, size_t n)
{
	ssize_t got;

	if (s->way == NOTHING)
		return 0;
	do {
		if (s->way == CAREFUL && !end_ready_now(s, POLLIN)) {
			errno = EAGAIN;
			return -1;
		}
		got = s->way == MESSAGE ? recv(s->fd, to, n, MSG_DONTWAIT) : read(s->fd, to, n);
	} while (got < 0 && errno == EINTR);
	/*
	 * EIO: a master without an open slave, or a terminal that a background
	 * process must not read.
	 */
	if (got < 0 && errno == EIO && s->tty)
		errno = EAGAIN;
	return got;
}

ssize_t end_write(const struct end *s, const char *from, size_t n)
{
	size_t small = s->tty
		? 256
		: PIPE_BUF; /* about the free space that poll(2) guarantees in a pipe */
	ssize_t put;

	if (s->way == NOTHING)
		return (ssize_t)n;
	if (s->way == SHUT) {
		errno = EBADF;
		return -1;
	}
	do {
		if (s->way == CAREFUL && !end_ready_now(s, POLLOUT)) {
			errno = EAGAIN;
			return -1;
		}
		put = s->way == MESSAGE
			? send(s->fd, from, n, MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(s->fd, from, s->way == CAREFUL && n > small ? small : n);
	} while (put < 0 && errno == EINTR);
	return put;
}
