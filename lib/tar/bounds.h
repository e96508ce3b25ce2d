/*
 * What one layer of an image may cost, since its author is not the one who pays: a few
 * kilobytes can unpack to terabytes. Bounded are the bytes within the compression and the number of
 * entries (both by CT_LAYER_MAX, default 64 GiB and one entry for every 16 KiB of that) and what
 * the layer's files take of the store's free room: a twentieth of the store, 1 GiB at most, stays
 * free for the others.
 */
#ifndef CT_BOUNDS_H
#define CT_BOUNDS_H

#include <stdint.h>

struct err;

struct bounds {
	const char *what; /* the layer, in messages; the caller's */
	uint64_t bytes;   /* within the compression, at most */
	uint64_t budget; /* bytes of files that may be written before the store is looked at again */
};

/* Reads CT_LAYER_MAX. An error names it. */
int bounds_begin(struct bounds *b, const char *what, struct err *e);

/*
 * Each gives -1 with the error, which says what raises the bound, if so many are too many; its sys
 * is EFBIG, or ENOSPC of the store.
 */
int bounds_bytes(const struct bounds *b, uint64_t bytes, struct err *e);
int bounds_entries(const struct bounds *b, uint64_t entries, struct err *e);
/* written: bytes of files so far. The store's file system is that of the working directory. */
int bounds_store(struct bounds *b, uint64_t written, struct err *e);

#endif
