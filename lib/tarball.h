/*
 * Archives of files, read as they come: a tar (POSIX ustar and pax, GNU),
 * plain or compressed by gzip, zstd, xz or bzip2, told by content.
 */
#ifndef CT_TARBALL_H
#define CT_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct archive;
struct archive_entry;
struct err;

struct tarball {
	const char *what;		/* how messages call it */
	bool bounded;			/* what expands as no files do is refused, see tarball.c */
	/* Sees all that is within the compression. May be NULL. */
	void (*see)(void *arg, const void *data, size_t n);
	void *arg;
	/* The reader's own. */
	int from;
	struct archive *plain, *tar;
	uint64_t fed;			/* bytes within the compression so far */
	const char *bomb;
};

/*
 * The caller filled in the first four. Reads from the descriptor `from`, which stays the
 * caller's, on its own behalf: more than it needs at once.
 */
int tarball_open(struct tarball *t, int from, struct err *e);
void tarball_close(struct tarball *t);
#define own_tarball __attribute__((cleanup(tarball_close)))

/* Each gives 1, 0 at the end of the archive (of the entry's data), -1. An entry holds until the next. */
int tarball_next(struct tarball *t, struct archive_entry **entry, struct err *e);
int tarball_data(struct tarball *t, const void **data, size_t *n, off_t *at, struct err *e);

/* Bytes read so far, as they come: compressed. */
uint64_t tarball_taken(const struct tarball *t);

/*
 * After the last entry: reads what follows as well (its writer must not die of it, digest and checksums
 * cover it). An archive that ends without its end mark is an error, whatever was compressed around it.
 */
int tarball_end(struct tarball *t, struct err *e);

#endif
