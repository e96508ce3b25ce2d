#include "tar/inflate.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef CT_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

#include "base/err.h"
#include "base/str.h"

enum state { MEMBER, BETWEEN, PADDING };

#ifdef CT_ISAL
typedef struct inflate_state engine;
#else
typedef z_stream engine;
#endif

struct inflate {
	const char *what;
	inflate_source *source;
	void *arg;
	enum state state;
	bool more; /* the library may hold more output, which did not fit */
	engine engine;
};

/* Result of one call of the library. */
struct inflate_step {
	bool ended;      /* the member is complete, and its checksum and length are right */
	const char *bad; /* the data is damaged */
};

#ifdef CT_ISAL

/* ISA-L is more than twice as fast as zlib (measured). */
static void engine_begin(engine *g)
{
	isal_inflate_init(g);
	g->crc_flag = ISAL_GZIP; /* reads the header, verifies the trailer */
}

static void engine_again(engine *g)
{
	isal_inflate_reset(g);
	g->crc_flag = ISAL_GZIP;
}

static void engine_end(engine *g)
{
	(void)g;
}

static struct inflate_step engine_step(engine *g)
{
	switch (isal_inflate(g)) {
	case ISAL_DECOMP_OK:
	case ISAL_END_INPUT:
	case ISAL_OUT_OVERFLOW:
		return (struct inflate_step){.ended = g->block_state == ISAL_BLOCK_FINISH};
	case ISAL_NEED_DICT:
		return (struct inflate_step){.bad = "needs a preset dictionary"};
	case ISAL_INVALID_WRAPPER:
	case ISAL_UNSUPPORTED_METHOD:
		return (struct inflate_step){.bad = "incorrect header"};
	case ISAL_INCORRECT_CHECKSUM:
		return (struct inflate_step){.bad = "incorrect data check"};
	default:
		return (struct inflate_step){.bad = "invalid block"};
	}
}

#else

/* A window of 2^15 bytes, the maximum; plus 16: only a gzip header and trailer are accepted. */
enum { WINDOW_GZIP = 15 + 16 };

static void engine_begin(engine *g)
{
	if (inflateInit2(g, WINDOW_GZIP) != Z_OK)
		abort();
}

static void engine_again(engine *g)
{
	inflateReset(g);
}

static void engine_end(engine *g)
{
	inflateEnd(g);
}

static struct inflate_step engine_step(engine *g)
{
	int r = inflate(g, Z_NO_FLUSH);

	if (r == Z_MEM_ERROR)
		abort();
	if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
		return (struct inflate_step){.bad = g->msg ? g->msg : "needs a preset dictionary"};
	return (struct inflate_step){.ended = r == Z_STREAM_END};
}

#endif

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
	z->more = false;
	memset(&z->engine, 0, sizeof(z->engine));
	engine_begin(&z->engine);
	return z;
}

void inflate_end(struct inflate *z)
{
	if (z)
		engine_end(&z->engine);
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

	if (z->engine.avail_in)
		return 1;
	r = z->source(z->arg, &data, &n, e);
	if (r <= 0)
		return r;
	if (n > UINT_MAX)
		return damaged(z, "piece larger than 4 GiB", e);
	/* the library's type is not const, but it only reads */
	z->engine.next_in = (unsigned char *)(uintptr_t)data;
	z->engine.avail_in = (uint32_t)n;
	return 1;
}

/* Skips zeros. Returns 0 at the source's end; any other byte is an error. */
static int skip_padding(struct inflate *z, struct err *e)
{
	int r;

	while ((r = refill(z, e)) > 0) {
		while (z->engine.avail_in && !*z->engine.next_in)
			z->engine.next_in++, z->engine.avail_in--;
		if (z->engine.avail_in)
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
	if (!*z->engine.next_in)
		return skip_padding(z, e);
	if (*z->engine.next_in != 0x1f)
		return damaged(z, "non-zero bytes after its end", e);
	engine_again(&z->engine);
	z->state = MEMBER;
	return 1;
}

/* Calls the library once. */
static int step(struct inflate *z, struct err *e)
{
	int r = z->more ? 1 : refill(z, e);
	struct inflate_step s;

	if (r < 0)
		return -1;
	if (r == 0)
		return err_set(e, "%s: cut short", z->what);
	s = engine_step(&z->engine);
	if (s.bad)
		return damaged(z, s.bad, e);
	if (s.ended)
		z->state = BETWEEN;
	z->more = !s.ended && !z->engine.avail_out;
	return 0;
}

int inflate_read(struct inflate *z, void *to, size_t room, size_t *n, struct err *e)
{
	int r;

	z->engine.next_out = to;
	z->engine.avail_out = (uint32_t)room;
	do {
		r = z->state == BETWEEN ? next_member(z, e) : 1;
		if (r == 0)
			break;
		if (r < 0 || step(z, e) < 0)
			return -1;
	} while (z->engine.avail_out);
	*n = room - z->engine.avail_out;
	return *n > 0;
}
