/*
 * The log of a container in the CRI format, one record a line:
 *
 *	2024-05-01T10:00:00.123456789Z stdout F the line\n
 *	2024-05-01T10:00:00.123456789Z stderr P the start of a line without its newline\n
 *
 * F ends a line, P does not: a stream's payloads joined, with a newline after
 * each F, are its bytes exactly, whatever those are. Every head is CTLOG_HEAD
 * bytes long, the time in UTC, so times compare as text. They need not ascend:
 * the clock may be set. (Kubernetes: design-proposals/node/kubelet-cri-logging.md.)
 *
 * The files `log`, and before it `log.1`, are only ever appended to, and a
 * record stands whole in one of them. This is the writer; logread.h reads.
 */
#ifndef CT_CTLOG_H
#define CT_CTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum ctlog_stream { CTLOG_STDOUT = 1, CTLOG_STDERR = 2 }; /* as descriptors are numbered */

enum {
	CTLOG_TIME = 30,       /* characters of a record's time */
	CTLOG_HEAD = 40,       /* bytes before the payload */
	CTLOG_PAYLOAD = 16384, /* bytes at most; a longer line becomes several P */
};

/* Whether the n bytes at p begin with the head of a record; whole: it is an F. */
bool ctlog_head(const char *p, size_t n, enum ctlog_stream *stream, bool *whole);

/*
 * A follower holds the file it reads by a shared lock: the writer does not drop a
 * `log.1` that is held, but lets `log` grow meanwhile, CTLOG_PATIENCE bytes beyond
 * its half of max at most (a follower may be stopped for good). Gives fd itself.
 */
enum { CTLOG_PATIENCE = 256 << 20 };
int ctlog_hold(int fd);

/*
 * How many of the file's `size` bytes were ever written. After a power cut btrfs may
 * have its length and not all of its data: what is missing reads as zeros, in
 * holes and at the end. No record ends in a zero byte. The file's offset is then 0.
 */
uint64_t ctlog_end(int fd, uint64_t size);

/* Writing: by the supervisor alone. */
struct ctlog;

/*
 * Goes on at the end of `log` beneath dir (which stays the caller's); what a
 * crash left of a last record is closed off, what a power cut left of zeros is cut off. max: bytes
 * that `log` and `log.1` take together: at half of it `log` is renamed to `log.1`, whose content is
 * dropped, and a new `log` begun (0: never).
 */
struct ctlog *ctlog_open(int dir, uint64_t max, struct err *e);

/*
 * In the file when it returns, an unterminated end as P. Never fails the
 * container: what a full disk does not take is left out, in whole records, and
 * told by ctlog_close. SIGXFSZ must be ignored (the caller may have a limit on file sizes).
 */
void ctlog_write(struct ctlog *l, enum ctlog_stream stream, const char *data, size_t n);

/* Says how much was lost, if anything, and why. NULL is allowed. */
int ctlog_close(struct ctlog *l, struct err *e);

#endif
