#include "log/logread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "log/ctlog.h"
#include "log/logtail.h"

enum { BLOCK = 256 * 1024 };

struct reader {
	const struct log_query *q;
	const int *out;
	uint64_t *damaged;
	struct log_range range;
	int dir;
	int events; /* inotify; -1: not available, so poll from time to time */
	bool ended;

	int fd, next;             /* the file being read, -1: none yet; the next file, if open */
	uint64_t left, next_left; /* bytes to read from each */
	uint64_t place;           /* position of room[0] (logtail.h) */
	uint64_t from[2];         /* positions from which each stream counts */
	bool midline[2];
	bool astray; /* inside data that is too long for a record */
	size_t have;
	int stream; /* the stream of text */
	size_t used;
	char room[BLOCK];
	char text[BLOCK]; /* without prefix, a record's output is never longer than the record */
};

static int reader_flush(struct reader *r, struct err *e)
{
	size_t n = r->used;

	r->used = 0;
	if (fd_write_all(r->out[r->stream], r->text, n) < 0)
		return err_sys(e, r->stream ? "standard error" : "standard output");
	return 0;
}

/* Processes a record without its newline. torn: the record is incomplete. */
static int reader_record(struct reader *r, const char *p, size_t n, bool torn, uint64_t place,
			 struct err *e)
{
	enum ctlog_stream stream;
	size_t prefix;
	bool whole;
	char *to;
	int s;

	if (!ctlog_head(p, n, &stream, &whole)) {
		++*r->damaged;
		return 0;
	}
	s = stream - 1;
	if (place < r->from[s] || !logtail_in_range(&r->range, p))
		return 0;
	/* Both streams may be one terminal or file: keep the order. */
	if (s != r->stream && r->used && reader_flush(r, e) < 0)
		return -1;
	r->stream = s;
	*r->damaged += torn;
	prefix = r->q->prefix && !r->midline[s] ? strlen(r->q->prefix) : 0;
	if (r->used + prefix + n > sizeof(r->text) && reader_flush(r, e) < 0)
		return -1;
	to = r->text + r->used;
	memcpy(to, r->q->prefix ? r->q->prefix : "", prefix);
	to += prefix;
	if (r->q->timestamps && !r->midline[s]) {
		memcpy(to, p, CTLOG_TIME + 1);
		to += CTLOG_TIME + 1;
	}
	memcpy(to, p + CTLOG_HEAD, n - CTLOG_HEAD);
	to += n - CTLOG_HEAD;
	r->midline[s] = !whole || torn;
	if (!r->midline[s])
		*to++ = '\n';
	r->used = (size_t)(to - r->text);
	return 0;
}

/* Processes the complete records in room and moves the rest to its start. */
static int reader_records(struct reader *r, struct err *e)
{
	const char *p = r->room, *end = p + r->have, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p)))) {
		if (!r->astray &&
		    reader_record(r, p, (size_t)(newline - p), false,
				  r->place + (uint64_t)(p - r->room), e) < 0)
			return -1;
		r->astray = false;
		p = newline + 1;
	}
	r->place += (uint64_t)(p - r->room);
	r->have = (size_t)(end - p);
	memmove(r->room, p, r->have);
	if (r->have == sizeof(r->room)) {
		*r->damaged += !r->astray;
		r->astray = true;
		r->place += r->have;
		r->have = 0;
	}
	return r->used ? reader_flush(r, e) : 0;
}

/* Reads the file to its present end. */
static int reader_drain(struct reader *r, struct err *e)
{
	size_t want;
	ssize_t n;

	while (r->fd >= 0 && r->left) {
		want = sizeof(r->room) - r->have;
		n = read(r->fd, r->room + r->have, want < r->left ? want : (size_t)r->left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "log: read");
		if (n == 0)
			break;
		r->left -= (uint64_t)n;
		r->have += (size_t)n;
		if (reader_records(r, e) < 0)
			return -1;
	}
	return 0;
}

/* Processes the incomplete last record of a file. */
static int reader_finish(struct reader *r, struct err *e)
{
	if (r->have && !r->astray && reader_record(r, r->room, r->have, true, r->place, e) < 0)
		return -1;
	r->place += r->have;
	r->have = 0;
	r->astray = false;
	return r->used ? reader_flush(r, e) : 0;
}

static ino_t inode_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_ino;
}

/*
 * Opens the file that the writer started after the current one; -1: none. Between the two steps
 * of a rotation there is no `log`. After two rotations the next file is `log.1`.
 */
static int find_next(int dir, int current)
{
	struct stat mine = {.st_ino = 0};
	ino_t older;
	int fd;

	if (current >= 0 && (fstat(current, &mine) < 0 || inode_of(dir, "log") == mine.st_ino))
		return -1;
	for (;;) {
		older = inode_of(dir, "log.1");
		if (older && older != mine.st_ino)
			return ctlog_hold(openat(dir, "log.1", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
		fd = ctlog_hold(openat(dir, "log", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
		if (fd < 0 || inode_of(dir, "log.1") == older)
			return fd;
		close(fd);
	}
}

/* Switches to the next file; 1 if there is one. */
static int reader_turn(struct reader *r, struct err *e)
{
	own_fd int fd = take_fd(&r->next);

	if (fd < 0 && r->q->follow)
		fd = find_next(r->dir, r->fd);
	if (fd < 0)
		return 0;
	/* Read the records that were written between the last read and the rotation. */
	if (reader_drain(r, e) < 0 || reader_finish(r, e) < 0)
		return -1;
	own_close(&r->fd);
	r->fd = take_fd(&fd);
	r->left = r->next_left;
	return 1;
}

/* Waits for an event: a write, the container's end, or a closed output. */
static int reader_wait(struct reader *r, struct err *e)
{
	struct pollfd fds[] = {
		{.fd = r->events, .events = POLLIN},
		{.fd = r->q->ended, .events = POLLIN},
		{.fd = r->out[0]},
		{.fd = r->out[1]},
	};
	int64_t ms = r->events < 0 ? 200 : -1, left;
	struct timespec now;
	char seen[4096];

	if (r->q->until.tv_sec < LOG_EVER) {
		clock_gettime(CLOCK_REALTIME, &now);
		left = (r->q->until.tv_sec - now.tv_sec) * 1000 + 1000;
		left = left < 0 ? 0 : left > 3600000 ? 3600000 : left;
		ms = ms < 0 || left < ms ? left : ms;
	}
	if (poll(fds, 4, (int)ms) < 0)
		return errno == EINTR ? 0 : err_sys(e, "log: wait for changes");
	while (fds[0].revents && read(r->events, seen, sizeof(seen)) > 0)
		;
	r->ended = fds[1].revents;
	for (int i = 0; i < 2 && !r->ended; i++) {
		if (!fds[2 + i].revents)
			continue;
		errno = fds[2 + i].revents & POLLNVAL ? EBADF : EPIPE;
		return err_sys(e, i ? "standard error" : "standard output");
	}
	return 0;
}

static bool past_until(const struct log_query *q)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec > q->until.tv_sec ||
		(now.tv_sec == q->until.tv_sec && now.tv_nsec > q->until.tv_nsec);
}

static int reader_run(struct reader *r, struct err *e)
{
	bool last;
	int turned;

	for (;;) {
		/*
		 * Checked before the last read, so that nothing written
		 * before the end is missed.
		 */
		last = !r->q->follow || r->ended || past_until(r->q);
		if (reader_drain(r, e) < 0)
			return -1;
		turned = reader_turn(r, e);
		if (turned < 0)
			return -1;
		if (turned)
			continue;
		if (last)
			break;
		if (reader_wait(r, e) < 0)
			return -1;
	}
	/* The writer may still complete the last record. */
	return r->q->follow && !r->ended ? 0 : reader_finish(r, e);
}

static void time_text(const struct timespec *t, char out[NUM_TIME_LEN])
{
	struct timespec in = *t;

	if (in.tv_sec < 0)
		in = (struct timespec){0};
	if (in.tv_sec > LOG_EVER)
		in = (struct timespec){.tv_sec = LOG_EVER};
	num_time_format(&in, out);
}

static int reader_watch(int dir)
{
	own_fd int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	if (events < 0 || inotify_add_watch(events, path, IN_MODIFY | IN_CREATE | IN_MOVE) < 0)
		return -1;
	return take_fd(&events);
}

/* Opens the files and moves to the start of the query. */
static int reader_open(struct reader *r, struct err *e)
{
	own_log_files struct log_files f = {.older = -1, .newest = -1};
	uint64_t start;

	if (logtail_open(r->dir, r->ended, &f, e) < 0)
		return -1;
	if (r->q->tail != UINT64_MAX && logtail_find(&f, r->q->tail, &r->range, r->from, e) < 0)
		return -1;
	start = r->from[0] < r->from[1] ? r->from[0] : r->from[1];
	r->place = start;
	r->left = r->next_left = UINT64_MAX;
	if (start < f.older_size || f.newest < 0) {
		r->left = f.older_size - start; /* the writer has left this file */
		if (!r->q->follow)
			r->next_left = f.newest_size;
		r->fd = take_fd(&f.older);
		r->next = take_fd(&f.newest);
	} else {
		start -= f.older_size;
		if (!r->q->follow)
			r->left = f.newest_size - start;
		r->fd = take_fd(&f.newest);
	}
	if (r->fd >= 0 && lseek(r->fd, (off_t)start, SEEK_SET) < 0)
		return err_sys(e, "log: read");
	return 0;
}

int logread(int dir, const struct log_query *q, const int out[2], uint64_t *damaged, struct err *e)
{
	struct reader *r = mem_alloc(sizeof(*r));
	int rc;

	r->q = q;
	r->dir = dir;
	r->out = out;
	r->damaged = damaged;
	r->ended = q->ended < 0;
	r->events = r->fd = r->next = -1;
	time_text(&q->since, r->range.since);
	time_text(&q->until, r->range.until);
	*damaged = 0;
	/* Started before the first read, so that no write is missed. */
	if (q->follow && !r->ended)
		r->events = reader_watch(dir);
	rc = reader_open(r, e) < 0 ? -1 : reader_run(r, e);
	/* The next reader's line must not continue this one. */
	for (int s = 0; rc == 0 && q->prefix && s < 2; s++)
		if (r->midline[s] && fd_write_all(out[s], "\n", 1) < 0)
			rc = err_sys(e, s ? "standard error" : "standard output");
	own_close(&r->fd);
	own_close(&r->next);
	own_close(&r->events);
	free(r);
	return rc;
}
