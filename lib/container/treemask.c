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

int treemask_cover(const struct fsentry *entry, int root, int host, struct err *e)
{
	own_fd int at = path_open(root, entry->target + 1, O_PATH | O_NOFOLLOW, 0), fd = -1;
	struct stat st;

	if (at < 0)
		return 0;
	if (fstat(at, &st) < 0)
		return err_sys(e, "%s", entry->target);
	if (entry->kind == FSENTRY_READ_ONLY)
		fd = mount_copy_set(at, "", false, SEALED, e);
	else if (S_ISDIR(st.st_mode))
		fd = mount_new("tmpfs", "size=4k,nr_inodes=1,mode=755", SEALED, entry->target, e);
	else
		fd = treedev_copy(host, "dev/null", e);
	return fd < 0 ? -1 : mount_attach(fd, at, entry->target, e);
}
