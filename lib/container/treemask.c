#include "container/treemask.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "container/treedev.h"
#include "kernel/mount.h"

enum {
	SEALED = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
};

/* One empty file system covers all directories: a copy of its mount takes two calls, another file
 * system nine. (Before Linux 6.15 only an attached mount can be copied: the first one is.) The
 * descriptor stays open until the process executes its program. */
static int cover_directory(const char *target, struct err *e)
{
	static int empty = -1;
	int fd;

	if (empty >= 0)
		return mount_copy_set(empty, "", false, SEALED, e);
	fd = mount_new("tmpfs", "size=4k,nr_inodes=1,mode=755", SEALED, target, e);
	empty = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd;
}

int treemask_cover(const struct fsentry *entry, int root, int host, struct err *e)
{
	own_fd int at = path_open(root, entry->target + 1, O_PATH | O_NOFOLLOW, 0), fd = -1;
	bool mask = entry->kind != FSENTRY_READ_ONLY;
	struct stat st;

	if (at < 0)
		return 0;
	if (mask && fstat(at, &st) < 0)
		return err_sys(e, "%s", entry->target);
	if (!mask)
		fd = mount_copy_set(at, "", false, SEALED, e);
	else if (S_ISDIR(st.st_mode))
		fd = cover_directory(entry->target, e);
	else
		fd = treedev_copy(host, "dev/null", e);
	return fd < 0 ? -1 : mount_attach(fd, at, entry->target, e);
}
