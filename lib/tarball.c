/*
 * Two readers stand one after the other: the first takes off the compression,
 * the second reads the tar out of the first. libarchive can do both at once,
 * but takes a tar that just stops between two entries for a whole one; with the
 * bytes passing through here it can be seen whether the end mark came.
 */
#include "tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"

/* Text shrinks to a thirtieth, empty files to a fortieth; zeros to a thousandth by gzip, to nothing by zstd. */
enum { READ_SIZE = 1 << 17, RATIO_MAX = 200, RATIO_FROM = 256 << 20 };

/* Why one of the readers stopped. */
static int failed(struct tarball *t, struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	if (t->bomb)
		return err_set(e, "%s: %s", t->what, t->bomb);
	/* EILSEQ and EINVAL are libarchive's own: a bad archive, a bad call. */
	errno = archive_errno(a);
	if (errno > 0 && errno != EILSEQ && errno != EINVAL)
		return err_sys(e, "%s", t->what);
	/* Nothing is said of what should follow the compressed data and does not. */
	if (!why || strcasestr(why, "truncated"))
		return err_set(e, "%s: cut short", t->what);
	if (strcasestr(why, "unrecognized archive format"))
		return err_set(e, "%s: not a tar archive", t->what);
	return err_set(e, "%s: damaged archive: %s", t->what, why);
}

uint64_t tarball_taken(const struct tarball *t)
{
	return (uint64_t)archive_filter_bytes(t->plain, -1);
}

/* The second reader's source. */
static la_ssize_t feed(struct archive *tar, void *arg, const void **data)
{
	struct tarball *t = arg;
	la_int64_t at;
	size_t n;
	int r = archive_read_data_block(t->plain, data, &n, &at);
	const char *why;

	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN) {
		why = archive_error_string(t->plain);
		archive_set_error(tar, archive_errno(t->plain), "%s", why ? why : "truncated");
		return -1;
	}
	t->fed += n;
	if (t->see)
		t->see(t->arg, *data, n);
	if (t->bounded && t->fed > RATIO_FROM && t->fed / RATIO_MAX > tarball_taken(t)) {
		t->bomb = "expands to more than 200 times its size: refused";
		return -1;
	}
	return (la_ssize_t)n;
}

int tarball_open(struct tarball *t, int from, struct err *e)
{
	struct archive_entry *entry;
	int r;

	t->from = from;
	t->plain = archive_read_new();
	t->tar = archive_read_new();
	if (!t->plain || !t->tar)
		abort();
	archive_read_support_filter_gzip(t->plain);
	archive_read_support_filter_bzip2(t->plain);
	archive_read_support_filter_xz(t->plain);
	archive_read_support_filter_zstd(t->plain);
	archive_read_support_format_raw(t->plain);
	archive_read_support_format_empty(t->plain);
	archive_read_support_format_tar(t->tar);
	if (archive_read_open_fd(t->plain, from, READ_SIZE) < ARCHIVE_WARN)
		return failed(t, t->plain, e);
	r = archive_read_next_header(t->plain, &entry);
	if (r == ARCHIVE_EOF)
		return err_set(e, "%s: empty", t->what);
	if (r < ARCHIVE_WARN)
		return failed(t, t->plain, e);
	if (archive_read_open(t->tar, t, NULL, feed, NULL) < ARCHIVE_WARN)
		return failed(t, t->tar, e);
	return 0;
}

void tarball_close(struct tarball *t)
{
	archive_read_free(t->tar);
	archive_read_free(t->plain);
	t->tar = t->plain = NULL;
}

int tarball_next(struct tarball *t, struct archive_entry **entry, struct err *e)
{
	int r = archive_read_next_header(t->tar, entry);

	if (r == ARCHIVE_EOF)
		return 0;
	/* A warning is about the spelling of a name, whose bytes are given as they are. */
	return r < ARCHIVE_WARN || r == ARCHIVE_RETRY ? failed(t, t->tar, e) : 1;
}

int tarball_data(struct tarball *t, const void **data, size_t *n, off_t *at, struct err *e)
{
	int r = archive_read_data_block(t->tar, data, n, at);

	if (r == ARCHIVE_EOF)
		return 0;
	return r < ARCHIVE_WARN || r == ARCHIVE_RETRY ? failed(t, t->tar, e) : 1;
}

int tarball_end(struct tarball *t, struct err *e)
{
	static char rest[READ_SIZE];
	const void *data;
	la_ssize_t n;

	/* The reader stood at the end mark, if there was one: a block of zeros. */
	if (t->fed < (uint64_t)archive_read_header_position(t->tar) + 512)
		return err_set(e, "%s: cut short (no end of the archive)", t->what);
	while ((n = feed(t->tar, t, &data)) > 0)
		continue;
	if (n < 0)
		return failed(t, t->tar, e);
	while ((n = read(t->from, rest, sizeof(rest))) > 0)
		continue;
	return n < 0 ? err_sys(e, "%s", t->what) : 0;
}
