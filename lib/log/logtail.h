/*
 * Finds where the last lines of a container's log start. The files of a log form one sequence
 * of bytes, `log.1` before `log`; a position counts bytes from its start.
 */
#ifndef CT_LOGTAIL_H
#define CT_LOGTAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"

struct err;

/* `log.1` and `log` at one moment; -1: the file is missing. */
struct log_files {
	int older, newest;
	uint64_t older_size, newest_size; /* bytes that count */
};
/* ended: there is no writer; otherwise `log` counts up to the end of its last complete record. */
int logtail_open(int dir, bool ended, struct log_files *f, struct err *e);
void logtail_close(struct log_files *f);
#define own_log_files __attribute__((cleanup(logtail_close)))

/* Bounds of time, both inclusive, in the format of a record: they compare as text. */
struct log_range {
	char since[NUM_TIME_LEN], until[NUM_TIME_LEN];
};
bool logtail_in_range(const struct log_range *r, const char *record);

/*
 * Finds the last `lines` lines with a record in the range. from[0] becomes the position of the
 * first of them in stdout, from[1] in stderr; the end of the log if a stream has none of them.
 * A line is a stream's data up to an F, regardless of the other stream's records in between; an
 * unfinished line at the end counts.
 */
int logtail_find(const struct log_files *f, uint64_t lines, const struct log_range *r,
		 uint64_t from[2], struct err *e);

#endif
