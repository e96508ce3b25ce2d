/*
 * Reads archives as a stream: a tar (POSIX ustar and pax, GNU), uncompressed or compressed with
 * gzip, zstd, xz or bzip2; the content tells which. The checksum of each compression is
 * verified: gzip's by inflate.h, the others by libarchive.
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
	const char *what; /* names the archive in messages */
	/*
	 * The caller verifies a digest of the decompressed archive. Then nothing can
	 * be missing at its end, so the archive may lack its end mark and the padding
	 * before it, or be empty.
	 */
	bool verified;
	/*
	 * Decompress in a thread of its own, after the first pieces (ahead.h). The thread calls see
	 * and more.
	 */
	bool ahead;
	/* Receives all decompressed bytes; -1 with the error stops reading. May be NULL. */
	int (*see)(void *arg, const void *data, size_t n, struct err *e);
	/*
	 * The file grows while it is read: waits until it has more than the `have` bytes that were
	 * read. Returns 1; 0 if it is complete; -1. NULL: it does not grow.
	 */
	int (*more)(void *arg, uint64_t have, struct err *e);
	void *arg;
	uint64_t made; /* decompressed bytes, including those that `see` has now */
	/* The remaining fields are private. */
	int from;
	uint64_t had; /* bytes read */
	void *piece;  /* the last piece read */
	size_t ready; /* bytes of the piece not consumed yet */
	/* How the input is decompressed: by inflate.h; not at all; otherwise by libarchive. */
	struct inflate *gzip;
	bool bare;
	struct archive *plain;
	bool broken; /* an error, in why_broken, ended the input */
	struct err why_broken;
	struct archive *tar;
	struct ahead *thread; /* NULL: no thread yet */
	char *room;           /* holds a decompressed piece, without a thread */
	const void *first;    /* the first decompressed bytes, until the tar reader has them */
	size_t first_n;
	const void *last; /* the piece that the tar reader has now */
	size_t last_n;
	uint64_t fed;             /* decompressed bytes up to the end of that piece */
	bool in_entry, in_header; /* position of the tar reader */
	struct buf header;        /* bytes of the entry's headers before that piece */
	bool ended;               /* no more decompressed bytes */
	bool padded;              /* a verified archive got its missing end mark */
	bool stopped;             /* an error, in why, ended the decompressed bytes */
	struct err why;
};

/*
 * The caller sets the first six fields. The caller keeps ownership of `from`; the reader
 * may read ahead on it.
 */
int tarread_open(struct tarread *t, int from, struct err *e);
/* Not for a reader that reads ahead. */
void tarread_close(struct tarread *t);
#define own_tarread __attribute__((cleanup(tarread_close)))

/*
 * Each function returns 1; 0 at the end of the archive or of the entry's data; -1. An entry is
 * valid until the next call of tarread_next.
 */
int tarread_next(struct tarread *t, struct archive_entry **entry, struct err *e);
int tarread_data(struct tarread *t, const void **data, size_t *n, off_t *at, struct err *e);

/*
 * After the last entry: reads the rest of the input, so that its writer does not die of SIGPIPE
 * and digest and checksums cover everything. An archive without an end mark is an error,
 * whatever its compression, unless it is verified.
 */
int tarread_end(struct tarread *t, struct err *e);

#endif
