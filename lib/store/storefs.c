#include "store/storefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "kernel/loop.h"
#include "kernel/subvol.h"

/*
 * A sparse file uses only the written space, but if its size exceeds the disk's free space, a
 * write inside it can fail.
 */
static const uint64_t most = 64ULL << 30, least = 256ULL << 20;

static int open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_empty(int fd)
{
	own_fd int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!d)
		return false;
	take_fd(&again);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return true;
}

/* Opens the parent directory of path and makes it if it is missing. */
static int open_parent(const char *path, struct err *e)
{
	own_str char *dir = str_dup_n(path, (size_t)(strrchr(path, '/') - path));
	own_fd int slash = open_dir("/"), made = -1;
	int fd;

	made = path_mkdirs(slash, *dir ? dir : "/", 0755, e);
	if (made < 0)
		return -1;
	fd = openat(made, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s", dir) : fd;
}

/*
 * Opens and locks a file. If the name leads to another file by the time of the lock, opens it
 * again. e->sys is ENOENT if there is no file.
 */
static int lock_named(const char *path, int flags, struct err *e)
{
	own_fd int fd = -1;

	for (;;) {
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);
		if (fd < 0)
			return err_sys(e, "%s", path);
		if (lock_fd(fd, LOCK_EX) < 0)
			return err_sys(e, "lock %s", path);
		if (fd_is_named(fd, AT_FDCWD, path))
			return take_fd(&fd);
		close(take_fd(&fd));
	}
}

/* Locks the store's file, or (*fresh) an empty file named `draft` that will become it. */
static int lock_file(const char *file, const char *draft, bool *fresh, struct err *e)
{
	own_fd int fd = -1;

	for (;;) {
		*fresh = false;
		fd = lock_named(file, 0, e);
		if (fd >= 0 || e->sys != ENOENT)
			return take_fd(&fd);
		*fresh = true;
		fd = lock_named(draft, O_CREAT, e);
		if (fd < 0 || faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return take_fd(&fd);
		/* Another process completed the file between the two opens. */
		unlink(draft);
		close(take_fd(&fd));
	}
}

static int run_mkfs(const char *draft, struct err *e)
{
	/* On one disk a second copy of the metadata only costs space. */
	static const char *const words[] = {"mkfs.btrfs", "-qfK", "-msingle", "-dsingle", "-Lct"};
	own_strv struct strv argv = {0};
	own_buf struct buf why = {0};
	int status;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		strv_add(&argv, words[i]);
	strv_add(&argv, draft);
	status = proc_run(argv.v, NULL, &why, e);
	if (status == 127) { /* the PATH of root may lack /sbin */
		free(argv.v[0]);
		argv.v[0] = str_dup("/sbin/mkfs.btrfs");
		status = proc_run(argv.v, NULL, &why, e);
	}
	if (status < 0)
		return -1;
	if (status == 127)
		return err_set(e, "%s: mkfs.btrfs: not found (install the package btrfs-progs)",
			       draft);
	if (status)
		return err_set(e, "%s: mkfs.btrfs: %.*s", draft,
			       why.len ? (int)strcspn(why.data, "\n") : 6,
			       why.len ? why.data : "failed");
	return 0;
}

/* The file is renamed to its final name last, so that name never leads to half a file system. */
static int format(int fd, const char *draft, const char *file, struct err *e)
{
	own_fd int parent = -1;
	struct statvfs fs;
	uint64_t size;
	int failed;

	if (fstatvfs(fd, &fs) < 0)
		return err_sys(e, "%s", file);
	size = (uint64_t)fs.f_bavail * fs.f_frsize / 8 * 7 >> 20 << 20;
	if (size < least)
		return err_set(e, "%s: only %llu MiB are free, a store needs at least %llu MiB",
			       file, (unsigned long long)(size >> 20),
			       (unsigned long long)(least >> 20));
	if (size > most)
		size = most;
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, (off_t)size) < 0)
		return err_sys(e, "%s", file);
	/*
	 * mkfs inherits the lock: if this process is killed, no other process touches the file
	 * until mkfs has ended.
	 */
	if (fcntl(fd, F_SETFD, 0) < 0)
		return err_sys(e, "%s", file);
	failed = run_mkfs(draft, e);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || failed)
		return failed ? -1 : err_sys(e, "%s", file);
	if (fsync(fd) < 0)
		return err_sys(e, "write %s", file);
	parent = open_parent(file, e);
	if (parent < 0)
		return -1;
	if (renameat2(AT_FDCWD, draft, AT_FDCWD, file, RENAME_NOREPLACE) < 0 || fsync(parent) < 0)
		return err_sys(e, "%s", file);
	return 0;
}

static int mount_device(int fd, const char *file, const char *root, struct err *e)
{
	char path[LOOP_PATH];
	own_fd int device = loop_attach(fd, file, path, e);

	if (device < 0)
		return -1;
	if (mount(path, root, "btrfs", MS_NOATIME, NULL) == 0)
		return 0;
	if (errno == ENODEV)
		return err_set(e, "%s: this kernel has no btrfs", root);
	return err_sys(e, "mount %s on %s", file, root);
}

static int mount_locked(int fd, bool fresh, const char *draft, const char *file, const char *root,
			struct err *e)
{
	bool made;
	int r;

	if (fresh && format(fd, draft, file, e) < 0) {
		unlink(draft);
		return -1;
	}
	made = mkdir(root, 0700) == 0;
	r = !made && errno != EEXIST ? err_sys(e, "%s", root) : mount_device(fd, file, root, e);
	if (r < 0 && made)
		rmdir(root);
	if (r < 0 && fresh)
		unlink(file);
	return r;
}

static int mount_file(const char *root, const char *file, char *note, size_t n, bool *mounted,
		      struct err *e)
{
	own_str char *draft = str_fmt("%s.new", file);
	own_fd int fd = -1, dir = -1;
	struct stat st;
	bool fresh;

	fd = lock_file(file, draft, &fresh, e);
	if (fd < 0)
		return -1;
	/* A process that waited for the lock finds the work done. */
	dir = open_dir(root);
	if (dir >= 0 && subvol_is(dir)) {
		if (fresh)
			unlink(draft);
		return take_fd(&dir);
	}
	own_close(&dir);
	dir = -1;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s", file);
	if (!fresh && st.st_size == 0)
		return err_set(
			e,
			"%s: has 0 bytes, so it holds no store (remove it, and 'ct-store up' makes a new one)",
			file);
	if (mount_locked(fd, fresh, draft, file, root, e) < 0)
		return -1;
	*mounted = true;
	if (fresh && fstat(fd, &st) == 0)
		snprintf(note, n,
			 "made %s, at most %llu MiB (it takes what is used; 'ct-store grow SIZE')",
			 file, (unsigned long long)st.st_size >> 20);
	dir = open_dir(root);
	return dir < 0 ? err_sys(e, "%s", root) : take_fd(&dir);
}

/*
 * On btrfs: the subvolume is made beside CT_ROOT and renamed to it, replacing an
 * empty directory. Its lock makes other processes wait; if the lock holder dies,
 * the next process continues.
 */
static int make_subvolume(int parent, const char *root, struct err *e)
{
	own_str char *draft = str_fmt("%s.new", root);
	const char *name = strrchr(draft, '/') + 1;
	own_fd int lock = -1, dir = -1;

	for (;;) {
		if (subvol_create(parent, name, e) < 0 && e->sys != EEXIST)
			return err_wrap(e, "%s", root);
		lock = lock_take(parent, name, e);
		if (lock < 0 && e->sys != ENOENT)
			return err_wrap(e, "%s", root);
		if (lock >= 0 && fd_is_named(lock, AT_FDCWD, draft))
			break;
		own_close(&lock);
		lock = -1;
	}
	if (!subvol_is(lock))
		return err_set(e, "%s: exists and is not a subvolume", draft);
	dir = open_dir(root);
	if (dir < 0 || !subvol_is(dir)) {
		own_close(&dir);
		dir = -1;
		if (fchmod(lock, 0700) == 0 && rename(draft, root) == 0)
			dir = open_dir(root);
	}
	if (dir < 0)
		err_sys(e, "%s", root);
	if (fd_is_named(lock, AT_FDCWD, draft))
		subvol_erase(parent, name, &(struct err){0});
	return take_fd(&dir);
}

int storefs_up(const char *root, char *note, size_t n, bool *mounted, struct err *e)
{
	own_str char *file = str_fmt("%s.btrfs", root);
	own_fd int dir = open_dir(root), parent = -1;

	*mounted = false;
	if (dir >= 0 && subvol_is(dir))
		return take_fd(&dir);
	if (dir < 0 && errno != ENOENT)
		return err_sys(e, "%s", root);
	if (dir >= 0 && !is_empty(dir))
		return err_set(e, "%s: neither empty nor a store of ct", root);
	parent = open_parent(root, e);
	if (parent < 0)
		return -1;
	if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    subvol_supported(dir < 0 ? parent : dir))
		return make_subvolume(parent, root, e);
	return mount_file(root, file, note, n, mounted, e);
}

/*
 * Whether the file system at root is the one in the file. *device receives the
 * file's loop device.
 */
static bool is_on(const char *root, int file, int *device)
{
	struct btrfs_ioctl_dev_info_args info = {.devid = 1};
	own_fd int dir = open_dir(root);
	struct stat a, b;
	char path[LOOP_PATH];
	struct err none;

	if (dir < 0 || !subvol_is(dir) || ioctl(dir, BTRFS_IOC_DEV_INFO, &info) < 0)
		return false;
	*device = loop_find(file, path, &none);
	return *device >= 0 && fstat(*device, &a) == 0 && stat((char *)info.path, &b) == 0 &&
		a.st_rdev == b.st_rdev;
}

/* A process of ct that is ending, such as a maker of spares, keeps the file system for a moment. */
static int unmount_soon(const char *root)
{
	enum { PATIENCE_MS = 3000, STEP_MS = 20 };

	for (int waited = 0; umount2(root, 0) < 0; waited += STEP_MS) {
		if (errno != EBUSY || waited >= PATIENCE_MS)
			return -1;
		poll(NULL, 0, STEP_MS);
	}
	return 0;
}

int storefs_down(const char *root, struct err *e)
{
	own_str char *file = str_fmt("%s.btrfs", root);
	own_fd int fd = lock_named(file, 0, e), device = -1;

	if (fd < 0)
		return e->sys == ENOENT ? 0 : -1;
	if (!is_on(root, fd, &device))
		return 0;
	if (unmount_soon(root) == 0)
		return 0;
	if (errno == EBUSY)
		return err_set(
			e, "%s: in use: a process has its working directory or an open file there",
			root);
	return err_sys(e, "unmount %s", root);
}

int storefs_grow(const char *root, uint64_t bytes, struct err *e)
{
	struct btrfs_ioctl_vol_args max = {.name = "max"};
	own_str char *file = str_fmt("%s.btrfs", root);
	own_fd int fd = lock_named(file, 0, e), device = -1, dir = -1;
	struct stat st;

	if (fd < 0 && e->sys == ENOENT)
		return err_set(e, "%s: has no file of its own: grow the btrfs that it is on", root);
	if (fd < 0)
		return -1;
	if (!is_on(root, fd, &device))
		return err_set(e, "%s: is not mounted from %s", root, file);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s", file);
	if (bytes < (uint64_t)st.st_size)
		return err_set(e, "%s: has %llu bytes already and can only grow", file,
			       (unsigned long long)st.st_size);
	/*
	 * Continue even if the size is right already: an interrupted attempt
	 * may have stopped here.
	 */
	if (ftruncate(fd, (off_t)bytes) < 0)
		return err_sys(e, "grow %s", file);
	dir = open_dir(root);
	if (loop_resize(device, e) < 0)
		return -1;
	if (ioctl(dir, BTRFS_IOC_RESIZE, &max) < 0)
		return err_sys(e, "grow %s", root);
	return 0;
}

char *storefs_file(const char *root)
{
	own_str char *file = str_fmt("%s.btrfs", root);
	struct stat st;

	return lstat(file, &st) == 0 && S_ISREG(st.st_mode) ? take_ptr(&file) : NULL;
}
