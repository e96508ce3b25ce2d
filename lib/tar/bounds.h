/*
 * Bounds for one layer of an image, whose author is not trusted: a few kilobytes can unpack to
 * terabytes. CT_LAYER_MAX (default 64 GiB) bounds the decompressed bytes, and the number of
 * entries to one for every 16 KiB of it. The layer's files must leave a twentieth of the store,
 * at most 1 GiB, free for other users.
 */
#ifndef CT_BOUNDS_H
#define CT_BOUNDS_H

#include <stdint.h>

struct err;

struct bounds {
	const char *what; /* names the layer in messages; owned by the caller */
	uint64_t bytes;   /* limit of decompressed bytes */
	/* bytes of files that may be written before the free space is checked again */
	uint64_t budget;
};

/* Reads CT_LAYER_MAX. An error names the variable. */
int bounds_begin(struct bounds *b, const char *what, struct err *e);

/*
 * Each function returns -1 with an error if a bound is exceeded. The error says how to raise
 * the bound; its sys is EFBIG, or ENOSPC for the store.
 */
int bounds_bytes(const struct bounds *b, uint64_t bytes, struct err *e);
int bounds_entries(const struct bounds *b, uint64_t entries, struct err *e);
/* written: bytes of files so far. The working directory is on the store's file system. */
int bounds_store(struct bounds *b, uint64_t written, struct err *e);

#endif
