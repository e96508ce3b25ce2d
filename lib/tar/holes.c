#include "tar/holes.h"

#include <archive.h>
#include <string.h>

enum { BLOCK = 4096 };

int holes_write(struct archive *disk, const void *data, size_t n, off_t at)
{
	static const char zeros[BLOCK];
	const char *bytes = data;
	size_t begin = 0, len;
	la_ssize_t r = ARCHIVE_OK;

	for (size_t i = 0; r >= ARCHIVE_OK && i < n; i += len) {
		len = BLOCK - (size_t)(at + (off_t)i) % BLOCK;
		len = len < n - i ? len : n - i;
		if (memcmp(bytes + i, zeros, len) != 0)
			continue;
		if (i > begin)
			r = archive_write_data_block(disk, bytes + begin, i - begin,
						     at + (off_t)begin);
		begin = i + len;
	}
	if (r >= ARCHIVE_OK && n > begin)
		r = archive_write_data_block(disk, bytes + begin, n - begin, at + (off_t)begin);
	return r < ARCHIVE_OK ? (int)r : ARCHIVE_OK;
}
