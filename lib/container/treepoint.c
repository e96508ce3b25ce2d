#include "container/treepoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/mount.h"

int treepoint_kernel(int root, const char *path, struct err *e)
{
	const char *name = path + 1;
	int fd;

	if (strchr(name, '/'))
		return path_mkdirs(root, path, 0755, e);
	if (explained(mkdirat(root, name, 0755), "mkdirat(%d, \"%s\", 0755)", root, name) < 0 &&
	    errno != EEXIST)
		return err_sys(e, "make directory %s", path);
	fd = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(e, "%s of the image is not a directory", path);
	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

/*
 * Opens or makes a file as a mount point. If the path is a dangling link (for example resolv.conf
 * to a file in /run that appears at boot), its target is made inside the root.
 */
static int file_point(int root, const char *path, struct err *e)
{
	int fd = path_mkfile(root, path, 0644, e);
	own_fd int link = fd < 0 && e->sys == ENOENT ? path_open(root, path, O_PATH | O_NOFOLLOW, 0)
						     : -1;
	ptrdiff_t dir = strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0;
	char to[PATH_MAX];
	ssize_t n = link < 0 ? -1 : readlinkat(link, "", to, sizeof(to));

	if (n <= 0)
		return fd;

	own_str char *meant = str_fmt("%.*s%.*s", *to == '/' ? 0 : (int)dir, path, (int)n, to);

	return path_mkfile(root, meant, 0644, e);
}

int treepoint_attach(int root, int mount, const char *path, struct err *e)
{
	own_fd int at = -1;
	struct stat st;

	if (fstat(mount, &st) < 0)
		return err_sys(e, "%s", path);
	at = S_ISDIR(st.st_mode) ? path_mkdirs(root, path, 0755, e) : file_point(root, path, e);
	return at < 0 ? -1 : mount_attach(mount, at, path, e);
}

void treepoint_uncover(const char *path)
{
	/* In a deeper path, a link of the image could lead to a mount of the host. */
	if (!strchr(path + 1, '/'))
		explained(umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW),
			  "umount2(\"%s\", MNT_DETACH|UMOUNT_NOFOLLOW)", path);
}
