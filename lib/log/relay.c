#include "log/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "log/relayend.h"

enum {
	PIECE = 64 * 1024, /* bytes copied at once; twice as much was not faster (measured) */
	MUCH = 1 << 20,    /* bytes spliced at once; after as many, a pipe of ours holds more */
	ROUNDS = 8, /* pieces that a channel moves in one turn: bounds the delay of signals */
	EVENTS = 16,
};

struct channel {
	struct relay_channel c;
	struct end src, dst;
	size_t at, len; /* the part of buf still to be written */
	bool over;
	bool direct; /* the kernel moves the bytes: splice(2), or tee(2) where a tap reads them */
	size_t carried; /* bytes that it has moved, up to MUCH */
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

__attribute__((hot)) int relay_fd(const struct relay *r)
{
	return r->ep;
}

static void channel_over(struct relay *r, struct channel *ch, void (*tell)(void *arg))
{
	end_close(r->ep, &ch->src);
	end_close(r->ep, &ch->dst);
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

static void channel_broken(struct relay *r, struct channel *ch)
{
	if (ch->c.at_broken) {
		channel_over(r, ch, ch->c.at_broken);
		return;
	}
	end_close(r->ep, &ch->dst);
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

/*
 * Bytes that nobody looks at go from one file to the other without a copy in this process. With a
 * tap, the reader's pipe gets a reference to the pages of the container's pipe, from which the
 * tap's copy is then read. Anything unusual, such as an error, is left to the copying functions.
 */
static bool is_direct(const struct channel *ch)
{
	return ch->direct && !ch->len && ch->dst.fd >= 0;
}

/* The kernel does not say which end must be waited for. Returns whether there is nothing to read. */
static bool channel_await(struct channel *ch)
{
	bool readable = ch->src.way == PLAIN || end_ready_now(&ch->src, POLLIN);

	if (!readable)
		ch->src.ready = false;
	else if (ch->dst.pipe && !end_ready_now(&ch->dst, POLLOUT))
		ch->dst.ready = false;
	return !readable;
}

/* Gives the tap what the reader has got already. */
static void channel_tap(struct channel *ch, size_t n)
{
	ssize_t got;

	for (; n > 0; n -= (size_t)got) {
		got = read(ch->src.fd, ch->buf, n < PIECE ? n : PIECE);
		if (got <= 0)
			return; /* the container has read its own output, through /proc */
		ch->c.tap(ch->c.tap_arg, ch->buf, (size_t)got);
	}
}

/* A larger pipe lets the container's program and its reader work at the same time for longer. */
static void channel_carried(struct channel *ch, size_t n)
{
	bool much = ch->carried >= MUCH;

	ch->carried += much ? 0 : n;
	if (!much && ch->carried >= MUCH)
		fcntl(ch->c.input ? ch->dst.fd : ch->src.fd, F_SETPIPE_SZ, MUCH);
}

static void channel_carry(struct relay *r, struct channel *ch)
{
	int flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
	ssize_t n;

	n = ch->c.tap ? tee(ch->src.fd, ch->dst.fd, MUCH, flags)
		      : splice(ch->src.fd, NULL, ch->dst.fd, NULL, MUCH, flags);
	if (n > 0) {
		if (ch->c.tap)
			channel_tap(ch, (size_t)n);
		channel_carried(ch, (size_t)n);
	} else if (n == 0) {
		channel_over(r, ch, ch->c.at_end);
	} else if (errno == EAGAIN) {
		if (channel_await(ch) && r->finishing)
			channel_over(r, ch, ch->c.at_end);
	} else if (errno != EINTR) {
		ch->direct = false;
	}
}

/* Whether the channel can move data without an event. */
static bool channel_can(const struct channel *ch)
{
	if (ch->over || ch->dst.gone)
		return !ch->over;
	if (is_direct(ch))
		return ch->src.ready && ch->dst.ready;
	return ch->len ? ch->dst.ready : ch->src.ready;
}

static int channel_move(struct relay *r, struct channel *ch, struct err *e)
{
	for (int i = 0; i < 2 * ROUNDS && channel_can(ch); i++) {
		if (ch->dst.gone)
			channel_broken(r, ch);
		else if (is_direct(ch))
			channel_carry(r, ch);
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
	if (end_open(r->ep, &ch->src, c->from, O_RDONLY) < 0 ||
	    end_open(r->ep, &ch->dst, c->to, O_WRONLY) < 0) {
		err_sys(e, "%s", c->name);
		channel_over(r, ch, NULL);
		free(ch);
		return -1;
	}
	ch->direct = ch->c.tap
		? ch->src.pipe && ch->dst.pipe
		: (ch->src.pipe || ch->src.way == PLAIN) && (ch->dst.pipe || ch->dst.way == PLAIN);
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
		end_close(r->ep, &ch->dst);
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
