/*
 * Reads the log of a container (ctlog.h) as its two streams, even while it is
 * written and rotated.
 *
 * A follower loses data only if it falls so far behind that the writer drops a `log.1` that the
 * follower has not opened yet.
 */
#ifndef CT_LOGREAD_H
#define CT_LOGREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct err;

#define LOG_EVER 253402300799 /* the last second that a record's time can hold */

struct log_query {
	bool timestamps;    /* prefix each line with its record's time and a space */
	const char *prefix; /* before each line, if not NULL; before the time */
	bool follow;        /* continue until the container has ended, or until `until` */
	uint64_t tail;      /* only the last lines; UINT64_MAX: all */
	struct timespec since,
		until; /* only records from since to until; until LOG_EVER: no bound */
	/* pidfd of the container's supervisor: readable when it has ended; -1: already ended */
	int ended;
};

/*
 * Writes the bytes of the streams to out[0] and out[1] in the order of the records. A missing
 * log is empty. *damaged counts the records that were cut short (their bytes are written) or
 * are malformed (skipped). A reader that closes out[0] or out[1] is an error with sys EPIPE,
 * detected even when nothing is written.
 */
int logread(int dir, const struct log_query *q, const int out[2], uint64_t *damaged, struct err *e);

#endif
