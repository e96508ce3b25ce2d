#include "image/blobfill.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "image/registryget.h"

enum { CHUNK = 1 << 18, SLICE = 16 << 10 };

/* The destination of the blob's bytes. */
struct sink {
	int fd;
	const struct descriptor *blob;
	struct growth *growth;
	size_t held; /* bytes in the chunk that are not in the file yet */
	char *chunk;
};

/* The readers are in other processes, so the futex is shared. */
static void wake(struct growth *g)
{
	g->changes++;
	syscall(SYS_futex, &g->changes, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void growth_end(struct growth *g, int how)
{
	g->ended = how;
	wake(g);
}

int growth_wait(struct growth *g, uint64_t have, struct err *e)
{
	for (;;) {
		uint32_t changes = g->changes;
		int ended = g->ended;

		if (g->got > have && ended >= 0)
			return 1;
		if (ended)
			return ended > 0 ? 0 : err_set(e, "the layer was not fetched");
		syscall(SYS_futex, &g->changes, FUTEX_WAIT, changes, NULL, NULL, 0);
	}
}

static int failed(const struct sink *to, struct err *e)
{
	return err_sys(e, "blobs/%s", digest_hex(to->blob->digest));
}

static int write_held(struct sink *to, struct err *e)
{
	size_t n = to->held;

	to->held = 0;
	if (n == 0)
		return 0;
	if (fd_write_all(to->fd, to->chunk, n) < 0)
		return failed(to, e);
	to->growth->got += n;
	wake(to->growth);
	return 0;
}

/*
 * libcurl hands on what it has received in slices of 16 KiB. A shorter slice is the last one. So
 * bytes that come slowly reach the file at once, and many that come together with one write.
 */
static int put(void *arg, const void *data, size_t n, struct err *e)
{
	struct sink *to = arg;
	const char *from = data;
	bool last = n < SLICE;
	size_t part;

	for (; n > 0; from += part, n -= part) {
		part = n < CHUNK - to->held ? n : CHUNK - to->held;
		memcpy(to->chunk + to->held, from, part);
		to->held += part;
		if (to->held == CHUNK && write_held(to, e) < 0)
			return -1;
	}
	return last ? write_held(to, e) : 0;
}

/* Hashes the bytes that the file already has; the next write appends to them. */
static int take_up(const struct sink *to, struct digest *d, struct err *e)
{
	ssize_t n;

	to->growth->got = 0;
	if (lseek(to->fd, 0, SEEK_SET) < 0)
		return failed(to, e);
	while ((n = read(to->fd, to->chunk, CHUNK)) > 0) {
		digest_add(d, to->chunk, (size_t)n);
		to->growth->got += (uint64_t)n;
	}
	return n < 0 ? failed(to, e) : 0;
}

static int fill(struct registry *r, struct sink *to, uint64_t *from, struct err *e)
{
	own_digest struct digest d = {0};
	struct err ignored;
	int got;

	digest_begin(&d);
	if (take_up(to, &d, e) < 0)
		return -1;
	*from = to->growth->got;
	got = registryget_blob(r, to->blob, *from, &d, put, to, e);
	/* After a failure the file keeps what has come: the next pull resumes there. */
	return write_held(to, got < 0 ? &ignored : e) < 0 ? -1 : got;
}

/* Empties the file: its bytes are not the beginning of the blob. */
static void forget(const struct sink *to)
{
	if (ftruncate(to->fd, 0) == 0)
		to->growth->got = 0;
}

int blobfill(struct registry *r, int fd, const struct descriptor *blob, struct growth *g,
	     struct err *e)
{
	own_str char *chunk = mem_alloc(CHUNK);
	struct sink to = {fd, blob, g, 0, chunk};
	uint64_t from = 0;
	struct stat st;

	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size >= blob->size)
		forget(&to);
	for (;;) {
		if (fill(r, &to, &from, e) == 0)
			return 0;
		if (r->passing && g->got < blob->size)
			return -1; /* the next pull resumes here */
		forget(&to);
		if (e->sys == ENOSPC || e->sys == EDQUOT || from == 0)
			return -1;
	}
}
