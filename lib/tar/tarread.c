/*
 * Two readers work in sequence: the first decompresses, the second reads the tar from the
 * first. libarchive can do both at once, but accepts a tar that ends between two entries
 * without an end mark, and does not verify gzip's checksum. With the bytes passing through
 * here, both can be checked.
 */
#include "tar/tarread.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/str.h"
#include "tar/ahead.h"
#include "tar/inflate.h"
#include "tar/paxtime.h"

/* libarchive reads at most 1 MiB of an extended header. */
enum { READ_SIZE = 1 << 17, HEADER_MAX = 2 << 20, BLOCK = 512, INLINE_MAX = 1 << 20 };

/* Turns the failure of one of libarchive's readers into an error. */
static int failed(const struct tarread *t, struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	if (a == t->tar ? t->stopped : t->broken) {
		*e = a == t->tar ? t->why : t->why_broken;
		return -1;
	}
	/* EILSEQ and EINVAL are set by libarchive itself: a bad archive, a bad call. */
	errno = archive_errno(a);
	if (errno > 0 && errno != EILSEQ && errno != EINVAL)
		return err_sys(e, "%s", t->what);
	/* libarchive has no message for a missing trailer of the compressed data. */
	if (!why || strcasestr(why, "truncated"))
		return err_set(e, "%s: cut short", t->what);
	if (strcasestr(why, "unrecognized archive format"))
		return err_set(e, "%s: not a tar archive", t->what);
	return err_set(e, "%s: damaged archive: %s", t->what, why);
}

/* --- compressed input --- */

/* Like read(2); waits for the rest of a file that grows. */
static ssize_t read_more(struct tarread *t, void *to, size_t n, struct err *e)
{
	ssize_t got;
	int r = 1;

	while ((got = read(t->from, to, n)) == 0 && t->more && r > 0)
		r = t->more(t->arg, t->had, e);
	if (got < 0)
		return err_sys(e, "%s", t->what);
	t->had += (uint64_t)got;
	return r < 0 ? -1 : got;
}

/* Reads the next piece: an inflate_source. */
static int take(void *arg, const void **data, size_t *n, struct err *e)
{
	struct tarread *t = arg;
	ssize_t got = (ssize_t)t->ready;

	if (!got)
		got = read_more(t, t->piece, READ_SIZE, e);
	if (got < 0)
		return -1;
	t->ready = 0;
	*data = t->piece;
	*n = (size_t)got;
	return got > 0;
}

/* The same as libarchive's read callback. */
static la_ssize_t take_plain(struct archive *plain, void *arg, const void **data)
{
	struct tarread *t = arg;
	size_t n;

	(void)plain;
	t->broken = take(t, data, &n, &t->why_broken) < 0;
	return t->broken ? -1 : (la_ssize_t)n;
}

/* Reads enough to recognise gzip and tar; less at the end of the input. */
static int peek(struct tarread *t, struct err *e)
{
	ssize_t n;

	t->piece = mem_alloc(READ_SIZE);
	do {
		n = read_more(t, (char *)t->piece + t->ready, READ_SIZE - t->ready, e);
		if (n < 0)
			return -1;
		t->ready += (size_t)n;
	} while (n > 0 && t->ready < BLOCK);
	return 0;
}

/* --- decompressed bytes --- */

/* The next bytes of an uncompressed archive: what is there, without waiting for more. */
static int copy_bare(struct tarread *t, char *to, size_t *n, struct err *e)
{
	ssize_t got = (ssize_t)t->ready;

	if (got)
		memcpy(to, t->piece, t->ready);
	else
		got = read_more(t, to, AHEAD_PIECE, e);
	t->ready = 0;
	*n = got < 0 ? 0 : (size_t)got;
	return got < 0 ? -1 : got > 0;
}

/* Makes the next decompressed bytes: an ahead_source. */
static int make(void *arg, void *to, size_t *n, struct err *e)
{
	struct tarread *t = arg;
	la_ssize_t got;
	int r;

	if (t->bare) {
		r = copy_bare(t, to, n, e);
	} else if (t->gzip) {
		r = inflate_read(t->gzip, to, AHEAD_PIECE, n, e);
	} else {
		got = archive_read_data(t->plain, to, AHEAD_PIECE);
		r = got < 0 ? failed(t, t->plain, e) : got > 0;
		*n = (size_t)got;
	}
	if (r <= 0)
		return r;
	t->made += *n;
	return t->see && t->see(t->arg, to, *n, e) < 0 ? -1 : 1;
}

/* Returns 1, 0 at the end, -1. */
static int next_plain(struct tarread *t, const void **data, size_t *n, struct err *e)
{
	int r;

	if (t->ended)
		return 0;
	/* A thread is not worth it for a small archive. */
	if (t->ahead && !t->thread && t->fed >= INLINE_MAX &&
	    !(t->thread = ahead_begin(make, t, e)))
		return -1;
	*data = t->room;
	r = t->thread ? ahead_next(t->thread, data, n, e) : make(t, t->room, n, e);
	t->ended = r == 0;
	return r;
}

/* Only what has the magic of POSIX and GNU: libarchive recognises the rest. */
static bool is_bare(const struct tarread *t)
{
	return t->ready >= BLOCK && memcmp((char *)t->piece + 257, "ustar", 5) == 0;
}

/* Supplies the end mark that a verified archive may lack. */
static size_t add_end(struct tarread *t, const void **data)
{
	static const char zeros[3 * BLOCK];

	if (!t->verified || t->padded)
		return 0;
	t->padded = true;
	*data = zeros;
	return 2 * BLOCK + (BLOCK - t->fed % BLOCK) % BLOCK;
}

/* The headers of the entry, which start at `from`, continue after the last piece: keep a copy. */
static void keep_header(struct tarread *t, uint64_t from)
{
	uint64_t start = t->fed - t->last_n;

	if (!t->in_header || from >= t->fed || t->header.len > HEADER_MAX)
		return;
	from = from > start ? from - start : 0;
	buf_add(&t->header, (const char *)t->last + from, t->last_n - from);
}

/* The read callback of the tar reader. */
static la_ssize_t feed(struct archive *tar, void *arg, const void **data)
{
	struct tarread *t = arg;
	size_t n = t->first_n;
	int r = n > 0;

	keep_header(t, (uint64_t)archive_read_header_position(tar));
	t->last_n = 0;
	*data = t->first;
	t->first_n = 0;
	if (!n)
		r = next_plain(t, data, &n, &t->why);
	if (r == 0)
		return (la_ssize_t)add_end(t, data);
	t->stopped = r < 0;
	if (t->stopped)
		return -1;
	t->fed += n;
	t->last = *data;
	t->last_n = n;
	return (la_ssize_t)n;
}

static int open_plain(struct tarread *t, struct err *e)
{
	struct archive_entry *entry;
	int r;

	/* gzip is left out: gzip inside another compression would not be verified. */
	archive_read_support_filter_bzip2(t->plain);
	archive_read_support_filter_xz(t->plain);
	archive_read_support_filter_zstd(t->plain);
	archive_read_support_format_raw(t->plain);
	archive_read_support_format_empty(t->plain);
	if (archive_read_open(t->plain, t, NULL, take_plain, NULL) < ARCHIVE_WARN)
		return failed(t, t->plain, e);
	r = archive_read_next_header(t->plain, &entry);
	t->ended = r == ARCHIVE_EOF;
	return r < ARCHIVE_WARN ? failed(t, t->plain, e) : 0;
}

int tarread_open(struct tarread *t, int from, struct err *e)
{
	int r;

	charset_load();
	t->from = from;
	t->plain = archive_read_new();
	t->tar = archive_read_new();
	if (!t->plain || !t->tar)
		abort();
	if (peek(t, e) < 0)
		return -1;
	t->room = mem_alloc(AHEAD_PIECE);
	t->bare = is_bare(t);
	if (inflate_is_gzip(t->piece, t->ready))
		t->gzip = inflate_begin(t->what, take, t);
	else if (!t->bare && open_plain(t, e) < 0)
		return -1;
	r = next_plain(t, &t->first, &t->first_n, e);
	if (r < 0)
		return -1;
	if (r == 0 && !t->verified)
		return err_set(e, "%s: empty", t->what);
	archive_read_support_format_tar(t->tar);
	return archive_read_open(t->tar, t, NULL, feed, NULL) < ARCHIVE_WARN ? failed(t, t->tar, e)
									     : 0;
}

void tarread_close(struct tarread *t)
{
	archive_read_free(t->tar);
	archive_read_free(t->plain);
	inflate_end(t->gzip);
	free(t->piece);
	free(t->room);
	buf_free(&t->header);
	t->tar = t->plain = NULL;
	t->gzip = NULL;
	t->piece = t->room = NULL;
}

/* Only fractions before 1970, and times that may be such, need a correction. */
static void correct_times(struct tarread *t, struct archive_entry *entry)
{
	bool mtime = archive_entry_mtime(entry) <= 0 && archive_entry_mtime_nsec(entry) > 0;
	bool atime = archive_entry_atime(entry) <= 0 && archive_entry_atime_nsec(entry) > 0;

	if (!mtime && !atime)
		return;
	keep_header(t, (uint64_t)archive_read_header_position(t->tar));
	paxtime_read(t->header.data, t->header.len, entry);
}

int tarread_next(struct tarread *t, struct archive_entry **entry, struct err *e)
{
	int r = t->in_entry ? archive_read_data_skip(t->tar) : ARCHIVE_OK;

	t->in_entry = false;
	t->in_header = true;
	t->header.len = 0;
	if (r >= ARCHIVE_WARN)
		r = archive_read_next_header(t->tar, entry);
	if (r >= ARCHIVE_WARN && r != ARCHIVE_EOF)
		correct_times(t, *entry);
	t->in_header = false;
	t->in_entry = true;
	if (r == ARCHIVE_EOF)
		return 0;
	/* A warning concerns the encoding of a name, whose bytes are returned unchanged. */
	return r < ARCHIVE_WARN || r == ARCHIVE_RETRY ? failed(t, t->tar, e) : 1;
}

int tarread_data(struct tarread *t, const void **data, size_t *n, off_t *at, struct err *e)
{
	int r = archive_read_data_block(t->tar, data, n, at);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN || r == ARCHIVE_RETRY)
		return failed(t, t->tar, e);
	/* The zeros of add_end are not data: the archive ends within a file. */
	if ((uint64_t)archive_filter_bytes(t->tar, 0) + *n > t->fed)
		return err_set(e, "%s: cut short", t->what);
	return 1;
}

int tarread_end(struct tarread *t, struct err *e)
{
	const void *data;
	la_ssize_t r;
	size_t n;

	/* If there is an end mark, the reader stopped at it: a block of zeros. */
	if (!t->verified && t->fed < (uint64_t)archive_read_header_position(t->tar) + BLOCK)
		return err_set(e, "%s: cut short (no end mark)", t->what);
	while ((r = feed(t->tar, t, &data)) > 0)
		continue;
	if (r < 0)
		return failed(t, t->tar, e);
	while ((r = take(t, &data, &n, e)) > 0)
		continue;
	return (int)r;
}
