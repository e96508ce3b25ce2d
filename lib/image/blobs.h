/*
 * Stores layers as the registry sends them, until they are unpacked.
 *
 *	CT_ROOT/blobs/HEX
 *
 * Mode 0600: the blob is incomplete. Mode 0400: the blob is complete and its digest verified. After
 * a boot all blobs get mode 0600 (store.c), because a power cut may have lost data.
 *
 * The process that fills a blob holds an exclusive flock on it, a reader a shared one. So a second
 * pull of the same blob waits for the first and then finds the complete blob. The next pull resumes
 * the blobs that an interrupted pull leaves.
 */
#ifndef CT_BLOBS_H
#define CT_BLOBS_H

#include <stdint.h>

#include "image/manifest.h"
#include "store/store.h"

struct err;

/* Opens the blob's file for reading and writing; creates it if it does not exist. */
int blob_open(const struct store *s, const struct descriptor *blob, struct err *e);

/*
 * Waits for a process that is filling the blob. Returns 1 if the blob is complete: it then stays
 * while the descriptor, or an inherited copy, is open. Returns 0 if the caller is to fill the blob.
 */
int blob_claim(int fd, const struct descriptor *blob, struct err *e);

/* Marks a blob that the caller has filled and verified as complete. */
int blob_finish(int fd, const struct descriptor *blob, struct err *e);

/* Removes a blob that is no longer needed, or is wrong. Processes that have it open can still read
 * it. */
void blob_remove(const struct store *s, const struct descriptor *blob);
/* Removes a blob whose layer is in the store already, unless a process fills or reads the file. */
void blob_remove_unused(const struct store *s, const struct descriptor *blob);

/* Removes blobs that no process has locked and that were not used in the last `age` seconds. */
int blobs_sweep(const struct store *s, uint64_t age, struct err *e);

#endif
