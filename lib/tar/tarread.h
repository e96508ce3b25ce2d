/*
 * Archives of files, read as they come: a tar (POSIX ustar and pax, GNU),
 * plain or compressed by gzip, zstd, xz or bzip2, told by content. The checksums of each
 * compression are compared: gzip's by inflate.h, the others' by libarchive.
 */
#ifndef CT_TARREAD_H
#define CT_TARREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct archive;
struct archive_entry;

struct tarread {
	const char *what; /* how messages call it */
	/*
	 * The caller compares all that is within the compression with a digest: then nothing can be
	 * missing at the end, and the archive may lack its end mark and the padding before it, or
	 * be empty.
	 */
	bool verified;
	/* Sees all that is within the compression; -1 with the error: no more of it is read. May be
	 * NULL. */
	int (*see)(void *arg, const void *data, size_t n, struct err *e);
	void *arg;
	/* The reader's own. */
	int from;
	void *piece;          /* what was read of it last */
	size_t ready;         /* so much of that was not taken yet */
	struct inflate *gzip; /* takes off gzip; NULL: plain does, or there is nothing to take off */
	struct archive *plain, *tar;
	const void *
		first; /* the first bytes within the compression, until the tar's reader has them */
	size_t first_n;
	const void *last; /* the piece that the tar's reader has now */
	size_t last_n;
	uint64_t fed; /* bytes within the compression so far, up to the end of that piece */
	bool in_entry, in_header; /* what the tar's reader is at */
	struct buf header;        /* what it has read of the entry's headers, before that piece */
	bool ended;               /* there are no more of them */
	bool padded;              /* the end that a verified archive may lack was added */
	bool stopped;             /* why says why there is no more */
	struct err why;
};

/*
 * The caller filled in the first four. Reads from the descriptor `from`, which stays the
 * caller's, on its own behalf: more than it needs at once.
 */
int tarread_open(struct tarread *t, int from, struct err *e);
void tarread_close(struct tarread *t);
#define own_tarread __attribute__((cleanup(tarread_close)))

/* Each gives 1, 0 at the end of the archive (of the entry's data), -1. An entry holds until the
 * next. */
int tarread_next(struct tarread *t, struct archive_entry **entry, struct err *e);
int tarread_data(struct tarread *t, const void **data, size_t *n, off_t *at, struct err *e);

/*
 * After the last entry: reads what follows as well (its writer must not die of it, digest and
 * checksums cover it). An archive that ends without its end mark is an error, whatever was
 * compressed around it, unless it is verified.
 */
int tarread_end(struct tarread *t, struct err *e);

#endif
