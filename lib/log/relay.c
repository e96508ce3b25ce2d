#include "log/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

enum {
	/* bytes read at once; twice as much, and splice(2), were not faster (measured) */
	PIECE = 64 * 1024,
	ROUNDS = 8, /* pieces that a channel moves in one turn: bounds the delay of signals */
	EVENTS = 16,
};

enum way {
	NOTHING,  /* no descriptor: at its end at once, accepts everything */
	SHUT,     /* not open for writing: writing fails */
	PLAIN,    /* always ready: regular files, directories, disks, /dev/null */
	NONBLOCK, /* O_NONBLOCK: fails with EAGAIN */
	MESSAGE,  /* a socket: MSG_DONTWAIT at each call */
	CAREFUL,  /* may block: poll(2) before each call */
};

/*
 * One end of a channel. `ready` stays set until a call fails with EAGAIN, because
 * edge-triggered epoll reports only changes.
 */
struct end {
	int fd;
	enum way way;
	bool tty, ready;
	bool gone;          /* the reader on the other side has closed */
	uint32_t gone_mask; /* the epoll events that report it */
};

struct channel {
	struct relay_channel c;
	struct end src, dst;
	size_t at, len; /* the part of buf still to be written */
	bool over;
	struct channel *next;
	char buf[PIECE];
};

struct relay {
	int ep;
	int more; /* always readable; watched while work is left */
	bool more_watched, finishing;
	struct channel *first;
};

struct relay *relay_new(struct err *e)
{
	struct relay *r = mem_alloc(sizeof(*r));
	struct epoll_event ev = {.data.ptr = NULL};

	r->more = -1;
	r->ep = epoll_create1(EPOLL_CLOEXEC);
	if (r->ep >= 0)
		r->more = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->more >= 0 && epoll_ctl(r->ep, EPOLL_CTL_ADD, r->more, &ev) == 0)
		return r;
	err_sys(e, "relay: epoll");
	relay_free(r);
	return NULL;
}

int relay_fd(const struct relay *r)
{
	return r->ep;
}

/*
 * EPOLL_CTL_DEL first: epoll would go on reporting a closed duplicate while the user's
 * descriptor is open.
 */
static void end_close(const struct relay *r, struct end *s)
{
	if (s->fd >= 0) {
		if (s->way != PLAIN)
			epoll_ctl(r->ep, EPOLL_CTL_DEL, s->fd, NULL);
		close(s->fd);
	}
	*s = (struct end){.fd = -1, .way = NOTHING, .ready = true};
}

static void channel_over(struct relay *r, struct channel *ch, void (*tell)(void *arg))
{
	end_close(r, &ch->src);
	end_close(r, &ch->dst);
	ch->at = ch->len = 0;
	ch->over = true;
	if (tell)
		tell(ch->c.arg);
}

void relay_free(struct relay *r)
{
	struct channel *next;

	if (!r)
		return;
	for (struct channel *ch = r->first; ch; ch = next) {
		next = ch->next;
		channel_over(r, ch, NULL);
		free(ch);
	}
	own_close(&r->more);
	own_close(&r->ep);
	free(r);
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

static int end_watch(const struct relay *r, struct end *s, int mode)
{
	struct epoll_event ev = {.events = EPOLLET, .data.ptr = s};

	ev.events |= mode == O_RDONLY ? EPOLLIN : EPOLLOUT;
	if (epoll_ctl(r->ep, EPOLL_CTL_ADD, s->fd, &ev) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	s->way = PLAIN;
	s->ready = true;
	return 0;
}

/* Opens one end; -1 with errno. mode: O_RDONLY or O_WRONLY. */
static int end_open(const struct relay *r, struct end *s, int fd, int mode)
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
	if (mode == O_WRONLY)
		s->gone_mask = S_ISFIFO(st.st_mode) ? EPOLLERR
			: S_ISSOCK(st.st_mode)      ? EPOLLERR | EPOLLHUP
						    : 0;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode)) {
		s->way = PLAIN;
		return 0;
	}
	return end_watch(r, s, mode);
}

static bool ready_now(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, 0) > 0;
}

/* Like read(2); EAGAIN: nothing to read now. */
static ssize_t end_read(const struct end *s, char *to, size_t n)
{
	ssize_t got;

	if (s->way == NOTHING)
		return 0;
	do {
		if (s->way == CAREFUL && !ready_now(s->fd, POLLIN)) {
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

/* Like write(2); EAGAIN: nothing can be written now. */
static ssize_t end_write(const struct end *s, const char *from, size_t n)
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
		if (s->way == CAREFUL && !ready_now(s->fd, POLLOUT)) {
			errno = EAGAIN;
			return -1;
		}
		put = s->way == MESSAGE
			? send(s->fd, from, n, MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(s->fd, from, s->way == CAREFUL && n > small ? small : n);
	} while (put < 0 && errno == EINTR);
	return put;
}

static void channel_broken(struct relay *r, struct channel *ch)
{
	if (ch->c.at_broken) {
		channel_over(r, ch, ch->c.at_broken);
		return;
	}
	end_close(r, &ch->dst);
	ch->at = ch->len = 0;
}

static int channel_fill(struct relay *r, struct channel *ch, struct err *e)
{
	ssize_t n = end_read(&ch->src, ch->buf, sizeof(ch->buf));
	int failed = 0;

	if (n > 0) {
		ch->at = 0;
		ch->len = (size_t)n;
		if (ch->c.tap)
			ch->c.tap(ch->c.tap_arg, ch->buf, ch->len);
		return 0;
	}
	if (n < 0 && errno == EAGAIN && !r->finishing) {
		ch->src.ready = false;
		return 0;
	}
	if (n < 0 && errno != EAGAIN && errno != EISDIR)
		failed = err_sys(e, "read %s", ch->c.name);
	channel_over(r, ch, ch->c.at_end);
	return failed;
}

static int channel_drain(struct relay *r, struct channel *ch, struct err *e)
{
	ssize_t n = end_write(&ch->dst, ch->buf + ch->at, ch->len);
	int failed = 0;

	if (n >= 0) {
		ch->at += (size_t)n;
		ch->len -= (size_t)n;
		return 0;
	}
	if (errno == EAGAIN) {
		ch->dst.ready = false;
		return 0;
	}
	if (errno != EPIPE && errno != ECONNRESET)
		failed = err_sys(e, "write %s", ch->c.name);
	channel_broken(r, ch);
	return failed;
}

/* Whether the channel can move data without an event. */
static bool channel_can(const struct channel *ch)
{
	return !ch->over && (ch->dst.gone || (ch->len ? ch->dst.ready : ch->src.ready));
}

static int channel_move(struct relay *r, struct channel *ch, struct err *e)
{
	for (int i = 0; i < 2 * ROUNDS && channel_can(ch); i++) {
		if (ch->dst.gone)
			channel_broken(r, ch);
		else if ((ch->len ? channel_drain(r, ch, e) : channel_fill(r, ch, e)) < 0)
			return -1;
	}
	return 0;
}

/* Keeps relay_fd() readable while there is work that no event will announce. */
static void watch_more(struct relay *r)
{
	struct epoll_event ev = {.data.ptr = NULL};
	bool more = false;

	for (const struct channel *ch = r->first; ch; ch = ch->next)
		more = more || channel_can(ch);
	if (more == r->more_watched)
		return;
	ev.events = more ? EPOLLIN : 0;
	epoll_ctl(r->ep, EPOLL_CTL_MOD, r->more, &ev);
	r->more_watched = more;
}

int relay_add(struct relay *r, const struct relay_channel *c, struct err *e)
{
	struct channel *ch = malloc(sizeof(*ch)), **last = &r->first;

	if (!ch)
		abort();
	/* The buffer's pages are taken when data comes: many streams stay silent. */
	memset(ch, 0, offsetof(struct channel, buf));
	ch->c = *c;
	ch->dst.fd = -1;
	if (end_open(r, &ch->src, c->from, O_RDONLY) < 0 ||
	    end_open(r, &ch->dst, c->to, O_WRONLY) < 0) {
		err_sys(e, "%s", c->name);
		channel_over(r, ch, NULL);
		free(ch);
		return -1;
	}
	while (*last)
		last = &(*last)->next;
	*last = ch;
	watch_more(r);
	return 0;
}

int relay_turn(struct relay *r, struct err *e)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(r->ep, ev, EVENTS, 0), failed = 0;
	struct err later;

	for (int i = 0; i < n; i++) {
		struct end *s = ev[i].data.ptr;

		if (!s)
			continue;
		s->ready = true;
		s->gone = s->gone || (ev[i].events & s->gone_mask);
	}
	for (struct channel *ch = r->first; ch; ch = ch->next)
		if (channel_move(r, ch, failed ? &later : e) < 0)
			failed = -1;
	watch_more(r);
	return failed;
}

void relay_mute(struct relay *r)
{
	for (struct channel *ch = r->first; ch; ch = ch->next) {
		end_close(r, &ch->dst);
		ch->at = ch->len = 0;
	}
}

int relay_finish(struct relay *r, int stop, struct err *e)
{
	struct pollfd p[] = {{.fd = stop, .events = POLLIN}, {.fd = r->ep, .events = POLLIN}};
	struct err later;
	int failed = 0;
	bool left;

	r->finishing = true;
	for (struct channel *ch = r->first; ch; ch = ch->next) {
		ch->src.ready = true;
		if (ch->c.input && !ch->over)
			channel_over(r, ch, NULL);
	}
	for (;;) {
		if (relay_turn(r, failed ? &later : e) < 0)
			failed = -1;
		left = false;
		for (const struct channel *ch = r->first; ch; ch = ch->next)
			left = left || !ch->over;
		if (!left)
			return failed;
		poll(p, 2, -1);
		if (p[0].revents)
			return 1;
	}
}
