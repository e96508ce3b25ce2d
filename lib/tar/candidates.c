#include "tar/candidates.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/subvolsend.h"
#include "tar/sendstream.h"

/* "/" sorts before every other byte, so that a directory's entries follow it at once. */
static int compare_paths(const char *a, const char *b)
{
	size_t i = 0;

	if (str_equal(a, ".") || str_equal(b, "."))
		return str_equal(b, ".") - str_equal(a, ".");
	while (a[i] && a[i] == b[i])
		i++;
	if (a[i] && b[i] && (a[i] == '/' || b[i] == '/'))
		return a[i] == '/' ? -1 : 1;
	return (unsigned char)a[i] - (unsigned char)b[i];
}

static int by_path(const void *a, const void *b)
{
	return compare_paths(((const struct candidate *)a)->path,
			     ((const struct candidate *)b)->path);
}

static void widen(struct candidate *c, uint64_t from, uint64_t to)
{
	if (from >= to)
		return;
	if (c->from >= c->to) {
		c->from = from;
		c->to = to;
	}
	c->from = from < c->from ? from : c->from;
	c->to = to > c->to ? to : c->to;
}

void candidates_add(struct candidates *s, const char *path, uint64_t from, uint64_t to)
{
	if (s->n && str_equal(s->v[s->n - 1].path, path)) {
		widen(&s->v[s->n - 1], from, to);
		return;
	}
	if ((s->n & (s->n - 1)) == 0)
		s->v = mem_grow(s->v, s->n ? s->n * 2 : 16, sizeof(*s->v));
	s->v[s->n++] = (struct candidate){str_dup(path), from, to};
}

void candidates_sort(struct candidates *s)
{
	size_t kept = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_path);
	for (size_t i = 0; i < s->n; i++)
		if (kept && str_equal(s->v[kept - 1].path, s->v[i].path)) {
			widen(&s->v[kept - 1], s->v[i].from, s->v[i].to);
			free(s->v[i].path);
		} else {
			s->v[kept++] = s->v[i];
		}
	s->n = s->sorted = kept;
}

/* --- what the stream says --- */

static int extent_of(const struct sendstream *in, uint64_t *from, uint64_t *to, struct err *e)
{
	uint64_t size;

	*from = *to = 0;
	switch (in->command) {
	case SEND_UPDATE_EXTENT:
		if (sendstream_number(in, SEND_A_FILE_OFFSET, from, e) < 0 ||
		    sendstream_number(in, SEND_A_SIZE, &size, e) < 0)
			return -1;
		*to = *from > UINT64_MAX - size ? UINT64_MAX : *from + size;
		return 0;
	case SEND_WRITE:
	case SEND_CLONE:
	case SEND_TRUNCATE:
		*to = UINT64_MAX;
		return 0;
	default:
		return 0;
	}
}

static int read_command(struct candidates *s, const struct sendstream *in, struct err *e)
{
	static const enum sendstream_attribute paths[] = {SEND_A_PATH, SEND_A_PATH_TO,
							  SEND_A_PATH_LINK};
	char path[PATH_MAX];
	uint64_t from, to;

	if (in->command == SEND_SUBVOL || in->command == SEND_SNAPSHOT)
		return 0;
	if (extent_of(in, &from, &to, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		/* The target of a symbolic link is not a path of the tree. */
		if (!in->attributes[paths[i]].data ||
		    (in->command == SEND_SYMLINK && paths[i] == SEND_A_PATH_LINK))
			continue;
		if (sendstream_path(in, paths[i], path, e) < 0)
			return -1;
		candidates_add(s, path, from, to);
	}
	return 0;
}

int candidates_read(struct candidates *s, int old, int new, struct err *e)
{
	struct subvolsend sending;
	own_str struct sendstream *in = mem_alloc(sizeof(*in));
	struct err why;
	int r;

	if (subvolsend_begin(new, old, false, &sending, e) < 0)
		return -1;
	*in = (struct sendstream){
		.what = "the kernel", .read = sendstream_read_fd, .arg = &sending.from};
	r = sendstream_begin(in, e);
	while (r >= 0 && (r = sendstream_next(in, e)) > 0)
		if (read_command(s, in, e) < 0)
			r = -1;
	/* If the kernel failed, its reason explains why the stream ended early. */
	if (subvolsend_end(&sending, &why) < 0 && (r == 0 || why.sys != EPIPE)) {
		*e = why;
		r = -1;
	}
	return r;
}

bool candidates_cover(const struct candidates *s, const char *path, const struct candidate *range)
{
	struct candidate key = {.path = (char *)(uintptr_t)path};
	const struct candidate *c =
		s->sorted ? bsearch(&key, s->v, s->sorted, sizeof(*s->v), by_path) : NULL;

	return c && (range->from >= range->to || (c->from <= range->from && c->to >= range->to));
}

void candidates_free(struct candidates *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
	*s = (struct candidates){0};
}
