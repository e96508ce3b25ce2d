/* Fetches a blob into its file, which another process reads as it grows. */
#ifndef CT_BLOBFILL_H
#define CT_BLOBFILL_H

#include <stdatomic.h>
#include <stdint.h>

#include "image/registry.h"

/* In memory that both processes share; all zeros at first. */
struct growth {
	_Atomic uint64_t got; /* bytes fetched */
	_Atomic int ended;    /* 1: all are there; -1: no more will come */
	_Atomic uint32_t changes;
};

/* how: a value of `ended`. Wakes the readers. */
void growth_end(struct growth *g, int how);
/* Waits for more than `have` bytes. Returns 1; 0 if the file is complete; -1. */
int growth_wait(struct growth *g, uint64_t have, struct err *e);

/*
 * Fetches what the file does not have yet, and verifies the digest of all. The beginning of a blob
 * that an earlier pull left may be wrong (a power cut, another server). Then the blob is fetched
 * once more from its first byte. After a broken connection the next pull resumes where this one
 * ended; after another failure the file is empty.
 */
int blobfill(struct registry *r, int fd, const struct descriptor *blob, struct growth *g,
	     struct err *e);

#endif
