/*
 * gzip streams (RFC 1952) decompressed piece by piece, in memory of a fixed size.
 *
 * The caller pulls plain bytes and supplies a function that yields compressed ones: a
 * read from a descriptor, or a queue that another thread fills. No byte is copied in
 * between: both sides hand out pointers into buffers of their own. Nothing of the
 * library behind this interface (zlib) shows in it.
 *
 * Members that follow one another are one stream. Zeros after the last one are
 * padding and ignored, as gzip(1) ignores them; other bytes after it are an error.
 */
#ifndef CT_INFLATE_H
#define CT_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* Yields the next n compressed bytes, n > 0, valid until the next call: 1; 0 at the end; -1 with
 * the error. */
typedef int inflate_source(void *arg, const void **data, size_t *n, struct err *e);

struct inflate; /* one stream; a thread may read one while another thread reads another */

/* Whether a stream that begins with these n bytes is gzip's; 3 bytes are enough. */
bool inflate_is_gzip(const void *data, size_t n);

/*
 * what: how errors call the stream ("layer 2 of 3"); it and arg must outlive the stream. The
 * first byte that source yields is the first of the gzip header. Never NULL: without
 * memory the process aborts, as it does everywhere in this library.
 */
struct inflate *inflate_begin(const char *what, inflate_source *source, void *arg);
void inflate_end(struct inflate *z); /* NULL is nothing */

/*
 * Gives 1 with the next n plain bytes, n > 0, valid until the next call; 0 after the last one, once
 * every member's CRC-32 and length were right and the source is at its end; or -1: the
 * source's own error; "WHAT: cut short"; "WHAT: damaged gzip data: REASON", also for a wrong
 * CRC or length. After 0 or -1 the stream can only be ended.
 */
int inflate_read(struct inflate *z, const void **data, size_t *n, struct err *e);

#endif
