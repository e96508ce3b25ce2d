/*
 * Where in a container's log the last lines begin. The files of a log count as
 * one sequence of bytes here, `log.1` before `log`; a place is a number of bytes
 * from its start.
 */
#ifndef CT_LOGTAIL_H
#define CT_LOGTAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"

struct err;

/* `log.1` and `log` as they were at one moment; -1: there is none. */
struct log_files {
	int older, newest;
	uint64_t older_size, newest_size; /* as far as they count */
};
/* ended: nobody writes any more; else `log` counts up to the end of its last whole record. */
int log_files_open(int dir, bool ended, struct log_files *f, struct err *e);
void log_files_close(struct log_files *f);
#define own_log_files __attribute__((cleanup(log_files_close)))

/* Bounds of time, both included, written as in a record: they compare as text. */
struct log_range {
	char since[NUM_TIME_LEN], until[NUM_TIME_LEN];
};
bool log_range_has(const struct log_range *r, const char *record);

/*
 * The last `lines` lines with a record in the range: from[0] is where those of
 * them that stdout has begin, from[1] those of stderr; the end, if a stream has
 * none of them. A line is what its stream has up to an F, whatever the other
 * stream has in between; an unfinished one at the end counts.
 */
int log_tail(const struct log_files *f, uint64_t lines, const struct log_range *r, uint64_t from[2],
	     struct err *e);

#endif
