#include "tar/bounds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"

/* The largest images have layers of 20 GB and 400,000 entries. */
static const uint64_t BYTES_MAX = UINT64_C(64) << 30, RESERVE_MAX = UINT64_C(1) << 30;
enum { BYTES_PER_ENTRY = 16 << 10, RESERVE_PART = 20 };

int bounds_begin(struct bounds *b, const char *what, struct err *e)
{
	const char *text = getenv("CT_LAYER_MAX");

	*b = (struct bounds){.what = what, .bytes = BYTES_MAX};
	if (!text || !*text)
		return 0;
	return num_size(text, &b->bytes, e) < 0 ? err_wrap(e, "CT_LAYER_MAX") : 0;
}

int bounds_bytes(const struct bounds *b, uint64_t bytes, struct err *e)
{
	if (bytes <= b->bytes)
		return 0;
	return err_code(e, EFBIG,
			"%s: unpacks to more than %llu bytes (CT_LAYER_MAX=SIZE allows more)",
			b->what, (unsigned long long)b->bytes);
}

int bounds_entries(const struct bounds *b, uint64_t entries, struct err *e)
{
	uint64_t most = b->bytes / BYTES_PER_ENTRY;

	if (entries <= most)
		return 0;
	return err_code(
		e, EFBIG,
		"%s: more than %llu files (CT_LAYER_MAX=SIZE allows one for every %d KiB of SIZE)",
		b->what, (unsigned long long)most, BYTES_PER_ENTRY >> 10);
}

/*
 * Delayed allocation and compression: free space is known only when the data is on disk.
 * syncfs(2) is slow, so it is called only when the free space known last is used up. The first time
 * little of this archive is delayed, and half of the free space is trusted without it.
 */
int bounds_store(struct bounds *b, uint64_t written, struct err *e)
{
	uint64_t size, room, reserve;
	bool first = b->budget == 0;
	own_fd int dir = -1;
	struct statvfs fs;

	if (written <= b->budget)
		return 0;
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || (!first && syncfs(dir) < 0) || fstatvfs(dir, &fs) < 0)
		return err_sys(e, "%s: read the store's free space", b->what);
	size = (uint64_t)fs.f_blocks * fs.f_frsize;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	reserve = size / RESERVE_PART < RESERVE_MAX ? size / RESERVE_PART : RESERVE_MAX;
	if (room > reserve) {
		b->budget = written + (room - reserve) / (first ? 2 : 1);
		return 0;
	}
	errno = ENOSPC;
	return err_sys(e,
		       "%s: would leave less than %llu MiB of the store free (ct store grow SIZE)",
		       b->what, (unsigned long long)(reserve >> 20));
}
