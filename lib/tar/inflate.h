/*
 * Decompresses gzip streams (RFC 1952) piece by piece, in memory of a fixed size.
 *
 * The caller pulls decompressed bytes and supplies a function that yields compressed bytes,
 * from a descriptor or from a queue that another thread fills. The interface hides the library:
 * ISA-L where it was installed when ct was built (CT_ISAL), otherwise zlib. Both verify gzip's CRC.
 *
 * Consecutive members form one stream. Zeros after the last member are padding and ignored, as
 * by gzip(1); other bytes after it are an error.
 */
#ifndef CT_INFLATE_H
#define CT_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/*
 * Yields the next n compressed bytes, n > 0, valid until the next call. 1; 0 at the
 * end; -1 with the error.
 */
typedef int inflate_source(void *arg, const void **data, size_t *n, struct err *e);

struct inflate; /* one stream; different threads may use different streams at the same time */

/* Whether a stream that starts with these n bytes is gzip; 3 bytes suffice. */
bool inflate_is_gzip(const void *data, size_t n);

/*
 * what: names the stream in messages ("layer 2 of 3"); what and arg must outlive the stream.
 * The first byte of source is the first byte of the gzip header. Never NULL: without memory the
 * process aborts, like everywhere in this library.
 */
struct inflate *inflate_begin(const char *what, inflate_source *source, void *arg);
void inflate_end(struct inflate *z); /* NULL is allowed */

/*
 * Fills `to`: returns 1 with n decompressed bytes, less than room only at the end. Returns 0 after
 * the last byte, when the CRC-32 and length of every member were correct and the source
 * has ended. Returns -1 with the source's own error, "WHAT: cut short", or "WHAT: damaged gzip
 * data: REASON" (also for a wrong CRC or length). After 0 or -1 only inflate_end may be called.
 */
int inflate_read(struct inflate *z, void *to, size_t room, size_t *n, struct err *e);

#endif
