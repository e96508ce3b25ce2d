#include "tar/holes.h"

#include <string.h>

enum { BLOCK = 4096 };

int holes_write(holes_writer *write, void *arg, const void *data, size_t n, off_t at)
{
	static const char zeros[BLOCK];
	const char *bytes = data;
	size_t begin = 0, len;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i += len) {
		len = BLOCK - (size_t)(at + (off_t)i) % BLOCK;
		len = len < n - i ? len : n - i;
		if (memcmp(bytes + i, zeros, len) != 0)
			continue;
		if (i > begin)
			r = write(arg, bytes + begin, i - begin, at + (off_t)begin);
		begin = i + len;
	}
	return r == 0 && n > begin ? write(arg, bytes + begin, n - begin, at + (off_t)begin) : r;
}
