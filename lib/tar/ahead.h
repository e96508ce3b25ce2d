/*
 * Reads ahead in a thread: a source yields pieces of a stream while the caller works on earlier
 * ones. The memory is bounded: a few pieces of AHEAD_PIECE bytes.
 */
#ifndef CT_AHEAD_H
#define CT_AHEAD_H

#include <stddef.h>

struct ahead;
struct err;

enum { AHEAD_PIECE = 1 << 18 };

/* Fills `to` (AHEAD_PIECE bytes): 1 with n bytes, n > 0; 0 at the end; -1 with the error. */
typedef int ahead_source(void *arg, void *to, size_t *n, struct err *e);

/*
 * Starts the thread, which calls the source until it returns 0 or -1. The thread cannot be stopped
 * and the memory is not freed: only for a process that ends when its work is done (untar.c).
 */
struct ahead *ahead_begin(ahead_source *source, void *arg, struct err *e);

/*
 * Waits for the next piece, which is valid until the next call. Returns what the source returned,
 * in the same order.
 */
int ahead_next(struct ahead *a, const void **data, size_t *n, struct err *e);

#endif
