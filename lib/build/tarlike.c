#include "build/tarlike.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 512, SUM_AT = 148, SUM_LENGTH = 8 };

/* POSIX.1 (pax), "ustar Interchange Format": the checksum is the sum of the header's bytes, with
 * its own field counted as blanks. */
static bool is_header(const unsigned char *block)
{
	char digits[SUM_LENGTH + 1] = "", *end;
	unsigned long sum = 0;
	long said;

	for (int i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_LENGTH ? ' ' : block[i];
	memcpy(digits, block + SUM_AT, SUM_LENGTH);
	said = strtol(digits, &end, 8);
	return end > digits && said > 0 && (unsigned long)said == sum;
}

bool tarlike(int fd)
{
	static const struct {
		const char *magic;
		size_t n;
	} compressions[] = {{"\x1f\x8b", 2},
			    {"BZh", 3},
			    {"\xfd"
			     "7zXZ",
			     6},
			    {"\x28\xb5\x2f\xfd", 4}};
	unsigned char block[BLOCK];
	ssize_t n = pread(fd, block, sizeof(block), 0);

	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++)
		if (n >= (ssize_t)compressions[i].n &&
		    memcmp(block, compressions[i].magic, compressions[i].n) == 0)
			return true;
	return n == BLOCK && is_header(block);
}
