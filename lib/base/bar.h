/* The line that shows how far a long task has come. */
#ifndef CT_BAR_H
#define CT_BAR_H

#include <stddef.h>
#include <stdint.h>

struct bar {
	const char *what;     /* "fetch, 1 of 3 layers" */
	uint64_t done, total; /* bytes; total 0: not known */
	uint64_t rate;        /* bytes a second; 0: not known */
};

/*
 * "fetch  [====>    ]  41 %  64.2 MB of 156.6 MB  12.3 MB/s", or without a total
 * "unpack  64.2 MB  12.3 MB/s". Has fewer than `columns` characters (0: 80), so that no terminal
 * wraps it: first the bar is left out, then the numbers. The caller frees it.
 */
char *bar_text(const struct bar *b, size_t columns);

/* Computes the rate from the last few seconds. {0} is a new one. */
struct bar_rate {
	struct bar_sample {
		int64_t ms;
		uint64_t bytes;
	} old, recent;
};
uint64_t bar_rate(struct bar_rate *r, int64_t now_ms, uint64_t bytes);

#endif
