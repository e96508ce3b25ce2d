#include "kernel/subvol.h"

#include <btrfsutil.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "kernel/quota.h"

enum { MAX_DEPTH = 1000 };

int subvol_create(int dir, const char *name, struct err *e)
{
	if (explained(btrfs_util_create_subvolume_fd(dir, name, 0, NULL, NULL) == BTRFS_UTIL_OK
			      ? 0
			      : -1,
		      "ioctl(%d, BTRFS_IOC_SUBVOL_CREATE_V2, \"%s\")", dir, name) < 0)
		return err_sys(e, "make subvolume %s", name);
	return 0;
}

int subvol_snapshot(int src, int dir, const char *name, bool read_only, struct err *e)
{
	int flags = read_only ? BTRFS_UTIL_CREATE_SNAPSHOT_READ_ONLY : 0;

	if (explained(btrfs_util_create_snapshot_fd2(src, dir, name, flags, NULL, NULL) ==
				      BTRFS_UTIL_OK
			      ? 0
			      : -1,
		      "ioctl(%d, BTRFS_IOC_SNAP_CREATE_V2, {fd=%d, name=\"%s\", flags=%s})", dir,
		      src, name, read_only ? "BTRFS_SUBVOL_RDONLY" : "0") < 0)
		return err_sys(e, "snapshot to %s", name);
	return 0;
}

/* The memory of the child. It shares the address space, except for this stack. */
static struct {
	struct btrfs_ioctl_vol_args_v2 args;
	int dir;
	int result; /* 0, or an errno; -1: the child has not finished */
	pid_t pid;
	_Alignas(16) char stack[16384];
} pending;

/*
 * The child shares the parent's thread data, errno included, so it makes system calls only. If the
 * call fails, the parent's errno changes at an arbitrary moment; whatever the parent did because of
 * that is undone together with the snapshot.
 */
static int make_pending(void *unused)
{
	(void)unused;
	pending.result =
		syscall(SYS_ioctl, pending.dir, BTRFS_IOC_SNAP_CREATE_V2, &pending.args) < 0 ? errno
											     : 0;
	return 0;
}

int subvol_snapshot_begin(int src, int dir, const char *name)
{
	memset(&pending.args, 0, sizeof(pending.args));
	pending.args.fd = src;
	snprintf(pending.args.name, sizeof(pending.args.name), "%s", name);
	pending.dir = dir;
	pending.result = -1;
	/*
	 * Without a signal in the flags the end of the child sends none, and only a wait with
	 * __WCLONE sees it.
	 */
	pending.pid = clone(make_pending, pending.stack + sizeof(pending.stack),
			    CLONE_VM | CLONE_FILES | CLONE_FS, NULL);
	return pending.pid < 0 ? -1 : 0;
}

int subvol_snapshot_end(const char *name, struct err *e)
{
	while (waitpid(pending.pid, NULL, __WCLONE) < 0 && errno == EINTR)
		continue;
	if (pending.result == 0)
		return 0;
	if (pending.result < 0)
		return err_set(e, "snapshot to %s: the process that makes it was killed", name);
	errno = pending.result;
	return err_sys(e, "snapshot to %s", name);
}

static int read_only_failed(int subvol, bool read_only, struct err *e)
{
	int saved = errno;
	own_str char *path = fd_path(subvol);

	errno = saved;
	return err_sys(e, "make subvolume %s %s", path, read_only ? "read-only" : "writable");
}

int subvol_set_read_only(int subvol, bool read_only, struct err *e)
{
	if (explained(btrfs_util_set_subvolume_read_only_fd(subvol, read_only) == BTRFS_UTIL_OK
			      ? 0
			      : -1,
		      "ioctl(%d, BTRFS_IOC_SUBVOL_SETFLAGS, %s)", subvol,
		      read_only ? "BTRFS_SUBVOL_RDONLY" : "0") < 0)
		return read_only_failed(subvol, read_only, e);
	return 0;
}

bool subvol_is_read_only(int subvol)
{
	bool read_only = false;

	return btrfs_util_get_subvolume_read_only_fd(subvol, &read_only) == BTRFS_UTIL_OK &&
		read_only;
}

bool subvol_supported(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == BTRFS_SUPER_MAGIC;
}

bool subvol_is(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) &&
		st.st_ino == BTRFS_FIRST_FREE_OBJECTID && subvol_supported(fd);
}

/*
 * Calls one for each subvolume inside. A process of the container may have made them, so their
 * paths are not trusted: deletion uses their ids.
 */
static int each_inside(int subvol, int order,
		       int (*one)(int subvol, const char *path, uint64_t id, struct err *e),
		       struct err *e)
{
	struct btrfs_util_subvolume_iterator *it = NULL;
	enum btrfs_util_error r = btrfs_util_create_subvolume_iterator_fd(subvol, 0, order, &it);
	int status = 0;
	uint64_t id;
	char *path;

	if (r != BTRFS_UTIL_OK)
		return err_sys(e, "list subvolumes");
	while (status == 0 &&
	       (r = btrfs_util_subvolume_iterator_next(it, &path, &id)) == BTRFS_UTIL_OK) {
		status = one(subvol, path, id, e);
		free(path);
	}
	if (status == 0 && r != BTRFS_UTIL_ERROR_STOP_ITERATION)
		status = err_sys(e, "list subvolumes");
	btrfs_util_destroy_subvolume_iterator(it);
	return status;
}

static int refuse_inside(int subvol, const char *path, uint64_t id, struct err *e)
{
	(void)subvol, (void)id;
	return err_set(e, "%s: is a subvolume of its own, which a snapshot does not include", path);
}

int subvol_check_plain(int subvol, struct err *e)
{
	return each_inside(subvol, 0, refuse_inside, e);
}

/* btrfs refuses to remove anything from a read-only subvolume, even a subvolume. */
static int make_writable(int subvol, const char *path, uint64_t id, struct err *e)
{
	own_fd int fd = path_open(subvol, path, O_RDONLY | O_DIRECTORY, 0);

	(void)id;
	if (fd < 0)
		return err_sys(e, "%s", path);
	return subvol_set_read_only(fd, false, e);
}

static int delete_inside(int subvol, const char *path, uint64_t id, struct err *e)
{
	if (btrfs_util_delete_subvolume_by_id_fd(subvol, id) != BTRFS_UTIL_OK)
		return err_sys(e, "delete subvolume %s", path);
	return 0;
}

int subvol_delete(int dir, const char *name, struct err *e)
{
	own_fd int fd = -1;

	if (btrfs_util_delete_subvolume_fd(dir, name, 0) == BTRFS_UTIL_OK)
		return 0;
	if (errno != ENOTEMPTY)
		return err_sys(e, "delete subvolume %s", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", name);
	if (subvol_set_read_only(fd, false, e) < 0 || each_inside(fd, 0, make_writable, e) < 0 ||
	    each_inside(fd, BTRFS_UTIL_SUBVOLUME_ITERATOR_POST_ORDER, delete_inside, e) < 0)
		return err_wrap(e, "%s", name);
	if (btrfs_util_delete_subvolume_fd(dir, name, 0) != BTRFS_UTIL_OK)
		return err_sys(e, "delete subvolume %s", name);
	return 0;
}

static int erase(int dir, const char *name, int depth, struct err *e);

static int erase_inside(int fd, int depth, struct err *e)
{
	own_fd int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = NULL;
	struct dirent *entry;

	if (again < 0)
		return err_sys(e, "open the directory");
	d = fdopendir(again);
	if (!d)
		return err_sys(e, "open the directory");
	take_fd(&again);
	while ((errno = 0, entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    erase(fd, entry->d_name, depth + 1, e) < 0)
			return -1;
	return errno ? err_sys(e, "read the directory") : 0;
}

/* Refuses mount points, even those mounted between two calls. */
static int open_same_mount(int dir, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

static int erase(int dir, const char *name, int depth, struct err *e)
{
	own_fd int fd = -1;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(e, "remove %s", name);
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == EBUSY) /* a mount point */
		return err_sys(e, "remove %s", name);
	fd = open_same_mount(dir, name);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", name);
	if (subvol_is(fd)) {
		quota_forget(fd);
		return subvol_delete(dir, name, e) < 0 && e->sys != ENOENT ? -1 : 0;
	}
	if (depth == MAX_DEPTH)
		return err_set(e, "remove %s: more than %d deep", name, MAX_DEPTH);
	if (erase_inside(fd, depth, e) < 0)
		return depth ? -1
			     : err_wrap(e, "%s", name); /* inner names would push the reason out */
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "remove %s", name);
	return 0;
}

int subvol_erase(int dir, const char *name, struct err *e)
{
	return erase(dir, name, 0, e);
}
