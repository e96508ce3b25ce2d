/*
 * The log of a container in the CRI format, one record a line:
 *
 *	2024-05-01T10:00:00.123456789Z stdout F the line\n
 *	2024-05-01T10:00:00.123456789Z stderr P the start of a line without its newline\n
 *
 * F ends a line, P does not: the payloads of a stream, with a newline after each F, are exactly
 * its bytes, whatever they are. Every head has CTLOG_HEAD bytes and its time is UTC, so times
 * compare as text. Times need not ascend, because the clock may be set. (Kubernetes:
 * design-proposals/node/kubelet-cri-logging.md.)
 *
 * The files `log` and its predecessor `log.1` are only appended to, and every record is
 * complete in one of them. This module writes; logread.h reads.
 */
#ifndef CT_CTLOG_H
#define CT_CTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* equal to the numbers of the descriptors */
enum ctlog_stream { CTLOG_STDOUT = 1, CTLOG_STDERR = 2 };

enum {
	CTLOG_TIME = 30,       /* characters of a record's time */
	CTLOG_HEAD = 40,       /* bytes before the payload */
	CTLOG_PAYLOAD = 16384, /* maximum; a longer line becomes several P records */
};

/* Whether the n bytes at p start with the head of a record. whole: the record is an F. */
bool ctlog_head(const char *p, size_t n, enum ctlog_stream *stream, bool *whole);

/*
 * Takes a shared lock on the file that a follower reads, and returns fd. The writer does not
 * drop a locked `log.1`, but lets `log` grow by at most CTLOG_PATIENCE bytes beyond half of max
 * (a follower may be stopped for ever).
 */
enum { CTLOG_PATIENCE = 256 << 20 };
int ctlog_hold(int fd);

/*
 * The number of the file's `size` bytes that were written. After a power cut btrfs may have the
 * length of a file without all its data: missing data reads as zeros, in holes and at the end.
 * No record ends with a zero byte. Sets the file's offset to 0.
 */
uint64_t ctlog_end(int fd, uint64_t size);

/* Only the supervisor writes. */
struct ctlog;

/*
 * Continues the file `log` beneath dir (the caller keeps dir). A newline ends a record that a
 * crash cut short; zeros that a power cut left are cut off. max: bytes that `log` and `log.1`
 * may have together. At half of max `log` is renamed to `log.1`, whose old content is lost, and
 * a new `log` starts (0: never).
 */
struct ctlog *ctlog_open(int dir, uint64_t max, struct err *e);

/*
 * Writes before it returns; an unterminated line becomes a P record. Never fails the container:
 * whole records are dropped when the disk is full, and ctlog_close reports them. SIGXFSZ must
 * be ignored (the caller may have a limit on file sizes).
 */
void ctlog_write(struct ctlog *l, enum ctlog_stream stream, const char *data, size_t n);

/* Reports how many bytes were lost, and why. l may be NULL. */
int ctlog_close(struct ctlog *l, struct err *e);

#endif
