/*
 * Layers as a registry sends them, kept from their first byte until they are
 * unpacked:
 *
 *	CT_ROOT/blobs/HEX	0600: the beginning of that blob; 0400: all of it, compared with its
 *digest. After a boot all are 0600 (store.c): a power cut may have cost them data
 *
 * Who fills a blob holds its lock alone (flock, by the descriptor), who is to read
 * it shares the lock. So a second pull of the same blob waits for the first and then
 * finds it whole. What an interrupted pull leaves is for the next one.
 */
#ifndef CT_BLOBS_H
#define CT_BLOBS_H

#include <stdint.h>

#include "image/manifest.h"
#include "store/store.h"

struct err;

/* Its file, made if there is none, open for reading and writing. */
int blob_open(const struct store *s, const struct descriptor *blob, struct err *e);

/*
 * Waits for whoever fills it. 1: it is whole, and stays while the descriptor (or one
 * inherited from it) is open; 0: it is for the caller to fill; -1: error.
 */
int blob_claim(int fd, const struct descriptor *blob, struct err *e);

/* The caller has filled it, and it is right. */
int blob_finish(int fd, const struct descriptor *blob, struct err *e);

/* It is needed no more, or is not what it should be. Who has it open may still read it. */
void blob_remove(const struct store *s, const struct descriptor *blob);

/* Takes away what nobody has open and nobody wrote to or asked for in the last `age` seconds. */
int blobs_sweep(const struct store *s, uint64_t age, struct err *e);

#endif
