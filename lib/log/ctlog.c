#include "log/ctlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

enum { ROOM = 256 * 1024 };

struct ctlog {
	int dir, fd;         /* fd -1: making the new file after a rotation failed */
	uint64_t half, size; /* size at which `log` is rotated; its present size */
	time_t second;       /* the second that head shows */
	uint64_t lost;       /* bytes that were dropped */
	int why;             /* errno of the first failure */
	size_t cut; /* bytes at the start of room that complete a record cut short in the file */
	uint64_t put_off; /* bytes written since a rotation was postponed for a follower */
	size_t used;
	char head[CTLOG_HEAD];
	char room[ROOM];
};

bool ctlog_head(const char *p, size_t n, enum ctlog_stream *stream, bool *whole)
{
	if (n < CTLOG_HEAD || p[4] != '-' || p[10] != 'T' || p[19] != '.' || p[29] != 'Z' ||
	    p[30] != ' ')
		return false;
	if (memcmp(p + 31, "stdout ", 7) == 0)
		*stream = CTLOG_STDOUT;
	else if (memcmp(p + 31, "stderr ", 7) == 0)
		*stream = CTLOG_STDERR;
	else
		return false;
	*whole = p[38] == 'F';
	return (p[38] == 'F' || p[38] == 'P') && p[39] == ' ';
}

static int log_open(struct ctlog *l)
{
	l->size = 0;
	l->fd = openat(l->dir, "log", O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	return l->fd < 0 ? -1 : 0;
}

uint64_t ctlog_end(int fd, uint64_t size)
{
	off_t hole = lseek(fd, 0, SEEK_HOLE);
	char end[4096];
	uint64_t len;

	if (hole >= 0 && (uint64_t)hole < size)
		size = (uint64_t)hole;
	for (; size > 0; size -= len) {
		len = size < sizeof(end) ? size : sizeof(end);
		if (pread(fd, end, len, (off_t)(size - len)) != (ssize_t)len)
			break;
		while (len > 0 && end[len - 1] == '\0') {
			len--;
			size--;
		}
		if (len)
			break;
	}
	lseek(fd, 0, SEEK_SET);
	return size;
}

/* Ends a record that a crash cut short, so that it does not swallow the next one. */
static int log_resume(struct ctlog *l)
{
	struct stat st;
	char last = '\n';

	if (log_open(l) < 0 || fstat(l->fd, &st) < 0)
		return -1;
	if (st.st_size == 0)
		return 0;
	l->size = ctlog_end(l->fd, (uint64_t)st.st_size);
	if (l->size < (uint64_t)st.st_size && ftruncate(l->fd, (off_t)l->size) < 0)
		return -1;
	if (l->size && pread(l->fd, &last, 1, (off_t)l->size - 1) < 0)
		return -1;
	if (last != '\n') {
		l->room[0] = '\n';
		l->cut = l->used = 1;
	}
	return 0;
}

struct ctlog *ctlog_open(int dir, uint64_t max, struct err *e)
{
	struct ctlog *l = mem_alloc(sizeof(*l));

	l->fd = -1;
	l->half = max / 2 + max % 2;
	l->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (l->dir >= 0 && log_resume(l) == 0)
		return l;
	err_sys(e, "log: open");
	own_close(&l->fd);
	own_close(&l->dir);
	free(l);
	return NULL;
}

static void log_lost(struct ctlog *l, size_t n)
{
	if (!l->why)
		l->why = errno;
	l->lost += n;
}

/*
 * Drops what the disk does not accept, but keeps the rest of a record that was written in part:
 * it stays at the start of the buffer.
 */
static void log_flush(struct ctlog *l)
{
	size_t done = 0, keep = 0;
	const char *end;
	ssize_t w;

	while ((l->fd >= 0 || log_open(l) == 0) && done < l->used) {
		w = write(l->fd, l->room + done, l->used - done);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			break;
		done += (size_t)w;
	}
	l->size += done;
	if (done < l->cut) {
		keep = l->cut - done;
	} else if (done && done < l->used && l->room[done - 1] != '\n') {
		end = memchr(l->room + done, '\n', l->used - done);
		keep = (size_t)(end + 1 - (l->room + done));
	}
	if (done < l->used)
		log_lost(l, l->used - done - keep);
	memmove(l->room, l->room + done, keep);
	l->used = l->cut = keep;
}

int ctlog_hold(int fd)
{
	if (fd >= 0)
		flock(fd, LOCK_SH | LOCK_NB);
	return fd;
}

static bool is_held(int dir)
{
	own_fd int fd = openat(dir, "log.1", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

static void log_make_room(struct ctlog *l, size_t need)
{
	bool rotate = l->half && l->size + l->used && l->size + l->used + need > l->half;

	if (!rotate && l->used + need <= sizeof(l->room))
		return;
	log_flush(l);
	if (!rotate || l->fd < 0)
		return;
	if (l->put_off < CTLOG_PATIENCE && is_held(l->dir)) {
		l->put_off += l->half;
		l->size = 0; /* try again after the same number of bytes */
		return;
	}
	if (renameat(l->dir, "log", l->dir, "log.1") < 0) {
		log_lost(l, 0);
		l->size = 0;
		return;
	}
	l->put_off = 0;
	close(l->fd);
	l->lost += l->used; /* the end of a record whose start is in log.1 now */
	l->used = l->cut = 0;
	if (log_open(l) < 0)
		log_lost(l, 0);
}

static void log_record(struct ctlog *l, char tag, const char *data, size_t n)
{
	char *to;

	log_make_room(l, CTLOG_HEAD + n + 1);
	to = l->room + l->used;
	memcpy(to, l->head, CTLOG_HEAD);
	to[38] = tag;
	memcpy(to + CTLOG_HEAD, data, n);
	to[CTLOG_HEAD + n] = '\n';
	l->used += CTLOG_HEAD + n + 1;
}

/* Formats the date once a second; other records only update the nine digits of the fraction. */
static void log_stamp(struct ctlog *l, enum ctlog_stream stream)
{
	char text[NUM_TIME_LEN];
	struct timespec now;
	long ns;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != l->second) {
		num_time_format(&now, text);
		memcpy(l->head, text, CTLOG_TIME);
		l->second = now.tv_sec;
	}
	ns = now.tv_nsec;
	for (int i = 28; i >= 20; i--, ns /= 10)
		l->head[i] = (char)('0' + ns % 10);
	memcpy(l->head + CTLOG_TIME, stream == CTLOG_STDOUT ? " stdout ? " : " stderr ? ",
	       CTLOG_HEAD - CTLOG_TIME);
}

void ctlog_write(struct ctlog *l, enum ctlog_stream stream, const char *data, size_t n)
{
	const char *newline;
	size_t len;

	if (!n)
		return;
	log_stamp(l, stream);
	while (n) {
		newline = memchr(data, '\n', n <= CTLOG_PAYLOAD ? n : CTLOG_PAYLOAD + 1);
		len = newline ? (size_t)(newline - data) : n < CTLOG_PAYLOAD ? n : CTLOG_PAYLOAD;
		log_record(l, newline ? 'F' : 'P', data, len);
		if (newline)
			len++;
		data += len;
		n -= len;
	}
	log_flush(l);
}

int ctlog_close(struct ctlog *l, struct err *e)
{
	int rc = 0;

	if (!l)
		return 0;
	if (l->used)
		log_flush(l);
	l->lost += l->used;
	if (l->why) {
		errno = l->why;
		rc = l->lost ? err_sys(e, "log: %" PRIu64 " bytes lost", l->lost)
			     : err_sys(e, "log: rotate");
	}
	own_close(&l->fd);
	own_close(&l->dir);
	free(l);
	return rc;
}
