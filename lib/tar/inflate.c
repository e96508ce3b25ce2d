#include "tar/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/str.h"

/*
 * WINDOW_GZIP: a window of 2^15 bytes, the maximum; plus 16: only a gzip header and
 * trailer are accepted.
 */
enum { PIECE = 1 << 17, WINDOW_GZIP = 15 + 16 };

enum state { MEMBER, BETWEEN, PADDING };

struct inflate {
	const char *what;
	inflate_source *source;
	void *arg;
	enum state state;
	z_stream zlib;
	unsigned char plain[PIECE];
};

bool inflate_is_gzip(const void *data, size_t n)
{
	return n >= 3 && memcmp(data, "\x1f\x8b\x08", 3) == 0;
}

struct inflate *inflate_begin(const char *what, inflate_source *source, void *arg)
{
	struct inflate *z = mem_alloc(sizeof(*z));

	z->what = what;
	z->source = source;
	z->arg = arg;
	z->state = MEMBER;
	memset(&z->zlib, 0, sizeof(z->zlib));
	if (inflateInit2(&z->zlib, WINDOW_GZIP) != Z_OK)
		abort();
	return z;
}

void inflate_end(struct inflate *z)
{
	if (z)
		inflateEnd(&z->zlib);
	free(z);
}

static int damaged(const struct inflate *z, const char *why, struct err *e)
{
	return err_set(e, "%s: damaged gzip data: %s", z->what, why);
}

/* Gets compressed bytes if none are left: 1, 0 at the source's end, -1. */
static int refill(struct inflate *z, struct err *e)
{
	const void *data;
	size_t n;
	int r;

	if (z->zlib.avail_in)
		return 1;
	r = z->source(z->arg, &data, &n, e);
	if (r <= 0)
		return r;
	if (n > UINT_MAX)
		return damaged(z, "piece larger than 4 GiB", e);
	z->zlib.next_in =
		/* zlib's type is not const, but zlib only reads */
		(unsigned char *)(uintptr_t)data;
	z->zlib.avail_in = (unsigned)n;
	return 1;
}

/* Skips zeros. Returns 0 at the source's end; any other byte is an error. */
static int skip_padding(struct inflate *z, struct err *e)
{
	int r;

	while ((r = refill(z, e)) > 0) {
		while (z->zlib.avail_in && !*z->zlib.next_in)
			z->zlib.next_in++, z->zlib.avail_in--;
		if (z->zlib.avail_in)
			return damaged(z, "non-zero bytes after its end", e);
	}
	return r;
}

/* After a member: returns 1 if another one starts, 0 at the source's end, -1. */
static int next_member(struct inflate *z, struct err *e)
{
	int r = refill(z, e);

	if (r <= 0)
		return r;
	if (!*z->zlib.next_in)
		return skip_padding(z, e);
	if (*z->zlib.next_in != 0x1f)
		return damaged(z, "non-zero bytes after its end", e);
	inflateReset(&z->zlib);
	z->state = MEMBER;
	return 1;
}

/* Calls zlib once: returns the number of decompressed bytes, possibly 0, or -1. */
static int step(struct inflate *z, struct err *e)
{
	int r = refill(z, e);

	if (r < 0)
		return -1;
	if (r == 0)
		return err_set(e, "%s: cut short", z->what);
	z->zlib.next_out = z->plain;
	z->zlib.avail_out = PIECE;
	r = inflate(&z->zlib, Z_NO_FLUSH);
	if (r == Z_MEM_ERROR)
		abort();
	if (r == Z_STREAM_END)
		z->state = BETWEEN;
	else if (r != Z_OK && r != Z_BUF_ERROR)
		return damaged(z, z->zlib.msg ? z->zlib.msg : "needs a preset dictionary", e);
	return PIECE - (int)z->zlib.avail_out;
}

int inflate_read(struct inflate *z, const void **data, size_t *n, struct err *e)
{
	int made = 0, r;

	do {
		if (z->state == BETWEEN && (r = next_member(z, e)) <= 0)
			return r;
		made = step(z, e);
	} while (made == 0);
	*data = z->plain;
	*n = made < 0 ? 0 : (size_t)made;
	return made < 0 ? -1 : 1;
}
