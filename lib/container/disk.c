#include "container/disk.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "kernel/quota.h"

/* The metadata of a snapshot counts, too: programs of images fail with less. */
enum { DISK_MIN = 1 << 20 };

int disk_read(const char *text, uint64_t *bytes, struct err *e)
{
	*bytes = 0;
	if (strcmp(text, "-1") == 0)
		return 0;
	if (num_size(text, bytes, e) < 0)
		return err_wrap(e, "--disk");
	return *bytes < DISK_MIN ? err_set(e, "--disk %s: less than 1m", text) : 0;
}

int disk_limit(int home, uint64_t bytes, struct err *e)
{
	own_fd int rootfs = openat(home, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (rootfs < 0)
		return err_sys(e, "rootfs");
	return quota_limit(rootfs, bytes, e) < 0
		? err_wrap(e, "--disk %llu", (unsigned long long)bytes)
		: 0;
}
