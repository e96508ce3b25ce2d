#include "log/logtail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "log/ctlog.h"

enum { BLOCK = 256 * 1024 };

void logtail_close(struct log_files *f)
{
	own_close(&f->older);
	own_close(&f->newest);
	f->older = f->newest = -1;
}

static int open_or_none(int dir, const char *name, int *fd, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	*fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT ? 0 : -1;
	return fstat(ctlog_hold(*fd), st);
}

/* Excludes a record that is being written. */
static int whole_records(int fd, uint64_t *size)
{
	char end[2 * CTLOG_PAYLOAD];
	size_t len = *size < sizeof(end) ? (size_t)*size : sizeof(end);
	ssize_t n = pread(fd, end, len, (off_t)(*size - len));
	const char *newline;

	if (n < 0)
		return -1;
	newline = memrchr(end, '\n', (size_t)n);
	if (newline || *size == len)
		*size -= len - (newline ? (size_t)(newline + 1 - end) : 0);
	return 0;
}

int logtail_open(int dir, bool ended, struct log_files *f, struct err *e)
{
	struct stat older, newest, now;

	for (;;) {
		*f = (struct log_files){.older = -1, .newest = -1};
		if (open_or_none(dir, "log", &f->newest, &newest) < 0)
			return err_sys(e, "log: open");
		if (open_or_none(dir, "log.1", &f->older, &older) < 0)
			return err_sys(e, "log.1: open");
		/* A rotation between the two opens would hide a file: open both again. */
		if (fstatat(dir, "log", &now, AT_SYMLINK_NOFOLLOW) < 0)
			now.st_ino = 0;
		if (now.st_ino == newest.st_ino)
			break;
		logtail_close(f);
	}
	f->older_size = f->older < 0 ? 0 : ctlog_end(f->older, (uint64_t)older.st_size);
	f->newest_size = (uint64_t)newest.st_size;
	if (ended && f->newest >= 0)
		f->newest_size = ctlog_end(f->newest, f->newest_size);
	if (!ended && f->newest >= 0 && whole_records(f->newest, &f->newest_size) < 0)
		return err_sys(e, "log: read");
	return 0;
}

bool logtail_in_range(const struct log_range *r, const char *record)
{
	return memcmp(record, r->since, CTLOG_TIME) >= 0 &&
		memcmp(record, r->until, CTLOG_TIME) <= 0;
}

/* Walks the records from the last to the first. */
struct tail_search {
	const struct log_range *range;
	uint64_t lines; /* lines still to find */
	uint64_t *from;
	enum {
		NONE,
		OPEN,
		DONE
	} at[2]; /* per stream: no line yet; inside a line; before the first wanted line */

	int fd; /* one file, its size, the position of its first byte */
	uint64_t size, base;
	bool torn; /* the next record has no newline, so it does not end a line */
	char block[BLOCK + CTLOG_HEAD];
};

/* Processes the record at p, of which n bytes are available. */
static void walk_record(struct tail_search *w, const char *p, size_t n, uint64_t place)
{
	enum ctlog_stream stream;
	bool whole, torn = w->torn;
	int s;

	w->torn = false;
	if (!ctlog_head(p, n, &stream, &whole) || !logtail_in_range(w->range, p))
		return;
	s = stream - 1;
	if (w->at[s] == DONE)
		return;
	if ((whole && !torn) || w->at[s] == NONE) {
		if (w->lines == 0) {
			w->at[s] = DONE;
			return;
		}
		w->lines--;
		w->at[s] = OPEN;
	}
	w->from[s] = place;
}

static bool walk_done(const struct tail_search *w)
{
	return w->lines == 0 && w->at[0] != OPEN && w->at[1] != OPEN;
}

/*
 * Walks the records that follow a newline in the file's bytes [start, end), and the
 * file's first record.
 */
static int walk_block(struct tail_search *w, uint64_t start, uint64_t end, struct err *e)
{
	size_t len = (size_t)(end - start), have, at;
	const char *newline;
	ssize_t n;

	have = w->size - start < sizeof(w->block) ? (size_t)(w->size - start) : sizeof(w->block);
	/* The head of a record that starts at the end of the block lies beyond it. */
	have = have < len + CTLOG_HEAD ? have : len + CTLOG_HEAD;
	n = pread(w->fd, w->block, have, (off_t)start);
	if (n < 0)
		return err_sys(e, "log: read");
	if ((size_t)n < have)
		return err_set(e, "log: shrank while it was read");
	while (len && !walk_done(w)) {
		newline = memrchr(w->block, '\n', len);
		if (!newline && start)
			break;
		at = newline ? (size_t)(newline + 1 - w->block) : 0;
		len = newline ? at - 1 : 0;
		if (start + at < w->size)
			walk_record(w, w->block + at, have - at, w->base + start + at);
		else
			w->torn = false;
	}
	return 0;
}

static int walk_file(struct tail_search *w, int fd, uint64_t size, uint64_t base, struct err *e)
{
	uint64_t end = size, start;

	w->fd = fd;
	w->size = size;
	w->base = base;
	w->torn = true;
	for (; end && !walk_done(w); end = start) {
		start = end > BLOCK ? end - BLOCK : 0;
		if (walk_block(w, start, end, e) < 0)
			return -1;
	}
	return 0;
}

int logtail_find(const struct log_files *f, uint64_t lines, const struct log_range *r,
		 uint64_t from[2], struct err *e)
{
	own_str struct tail_search *w = mem_alloc(sizeof(*w));

	w->range = r;
	w->lines = lines;
	w->from = from;
	from[0] = from[1] = f->older_size + f->newest_size;
	if (walk_file(w, f->newest, f->newest_size, f->older_size, e) < 0)
		return -1;
	return walk_file(w, f->older, f->older_size, 0, e);
}
