/*
 * Shared by the unit tests and the fuzz target of send streams: bytes in memory as a stream, and
 * the checksum of btrfs.
 */
#ifndef CT_SENDTEXT_H
#define CT_SENDTEXT_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct text {
	const unsigned char *data;
	size_t n;
};

static inline int take(void *arg, void *out, size_t n, struct err *why)
{
	struct text *t = arg;

	if (n > t->n)
		return err_set(why, "ends early");
	memcpy(out, t->data, n);
	t->data += n;
	t->n -= n;
	return 0;
}

/* CRC-32C, a bit at a time, beginning with 0: another way than the parser's. */
static inline uint32_t checksum(const unsigned char *p, size_t n)
{
	uint32_t c = 0;

	while (n--) {
		c ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
	}
	return c;
}

#endif
