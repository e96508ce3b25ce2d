/*
 * Reading the log of a container (ctlog.h) back into its two streams, while it
 * may be written to and rotated.
 *
 * A follower loses nothing unless it falls so far behind (a reader that stops
 * reading) that the writer drops a whole `log.1` it has not come to.
 */
#ifndef CT_LOGREAD_H
#define CT_LOGREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct err;

#define LOG_EVER 253402300799 /* the last second that a record's time can say */

struct log_query {
	bool timestamps; /* each line with its record's time and a space in front */
	bool follow;     /* go on until the container has ended, or until `until` */
	uint64_t tail;   /* the last lines only; UINT64_MAX: all */
	struct timespec since,
		until; /* records of that time, both included; until LOG_EVER: no bound */
	int ended;     /* a descriptor that is readable once the container's supervisor is
			* gone (pidfd); -1: it has ended already */
};

/*
 * Writes the streams' bytes to out[0] and out[1] in the order of the records.
 * No log at all is an empty one. *damaged counts the records that were cut
 * short (their bytes are given) or are none (passed over). Nobody reading out[0] or
 * out[1] any more is an error with sys EPIPE, noticed also when nothing is written.
 */
int log_read(int dir, const struct log_query *q, const int out[2], uint64_t *damaged,
	     struct err *e);

#endif
