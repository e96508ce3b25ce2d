#include "container/mountshare.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "container/etc.h"
#include "kernel/mount.h"
#include "kernel/namespace.h"
#include "net/etcdir.h"

enum { TEXT_MAX = 1 << 20 };

/*
 * Copies one of n mounts, in the mount namespace of the container, whose root is at `root`. That
 * root may have mounted anything anywhere.
 */
typedef int copier(const void *arg, int root, size_t i, struct err *e);

/* Sends each mount, or the error without one. */
__attribute__((noreturn)) static void copy_there(int ns, copier *copy, const void *arg, size_t n,
						 int to)
{
	struct err e = {0};
	int root = setns(ns, CLONE_NEWNS) < 0 ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a file system of the container may never answer */
	if (root < 0)
		err_sys(&e, "its mount namespace");
	for (size_t i = 0; i < n; i++) {
		int fd = root < 0 ? -1 : copy(arg, root, i, &e);

		if (fd_send(to, &e, sizeof(e), &fd, fd >= 0) < 0)
			_exit(1);
	}
	_exit(0);
}

/* Fills mounts; -1 with the last error for those that could not be copied. */
static void copy_mounts(pid_t pid, copier *copy, const void *arg, int mounts[], size_t n,
			struct err *e)
{
	own_fd int ns = namespace_open(pid, CLONE_NEWNS, e), from = -1, to = -1;
	int ends[2], fds[FD_PASS];
	struct err why;
	pid_t child;

	for (size_t i = 0; i < n; i++)
		mounts[i] = -1;
	if (ns < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		err_sys(e, "make a socket pair");
		return;
	}
	from = ends[0];
	to = ends[1];
	child = fork();
	if (child == 0)
		copy_there(ns, copy, arg, n, to);
	shut_fd(&to);
	if (child < 0) {
		err_sys(e, "fork");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (fd_recv(from, &why, sizeof(why), fds) != (ssize_t)sizeof(why)) {
			err_set(e, "the process that copies mounts was killed");
			break;
		}
		mounts[i] = fds[0];
		if (fds[0] < 0)
			*e = why;
	}
	proc_wait_child(child);
}

/* Only ct's own file is accepted. */
static int copy_file(const void *arg, int root, size_t i, struct err *e)
{
	const struct stat *own = (const struct stat *)arg + i;
	own_str char *path = str_fmt("etc/%s", etc_files[i]);
	own_fd int fd = own->st_ino ? path_open(root, path, O_PATH, 0) : -1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != own->st_dev || st.st_ino != own->st_ino)
		return -1;
	return mount_copy(fd, "", false, e);
}

static void look_up(const struct store *s, const char *id, struct stat own[ETC_FILES])
{
	struct err ignored;

	for (size_t i = 0; i < ETC_FILES; i++) {
		own_fd int dir = str_equal(etc_files[i], "hostname")
			? -1
			: etcdir_open(s, id, etc_files[i], &ignored);

		own[i].st_ino = 0;
		if (dir >= 0 && fstatat(dir, etc_files[i], &own[i], AT_SYMLINK_NOFOLLOW) < 0)
			own[i].st_ino = 0;
	}
}

static void copy_text(const struct store *s, const char *id, const char *name, int etc, uid_t owner)
{
	own_buf struct buf text = {0};
	struct err ignored;
	own_fd int dir = etcdir_open(s, id, name, &ignored);

	if (dir >= 0 && file_read(dir, name, TEXT_MAX, &text, &ignored) == 0)
		etc_put(etc, name, &text, owner, &ignored);
}

void mountshare_etc(const struct store *s, const char *id, pid_t pid, int etc, uid_t owner,
		    int mounts[ETC_FILES])
{
	struct stat own[ETC_FILES];
	struct err ignored;

	look_up(s, id, own);
	copy_mounts(pid, copy_file, own, mounts, ETC_FILES, &ignored);
	for (size_t i = 0; i < ETC_FILES; i++)
		if (own[i].st_ino && mounts[i] < 0)
			copy_text(s, id, etc_files[i], etc, owner);
}

/* Only a tmpfs is accepted. */
static int copy_shm(const void *arg, int root, size_t i, struct err *e)
{
	own_fd int at = path_open(root, "dev/shm", O_PATH | O_DIRECTORY, 0);
	struct statfs fs;

	(void)arg;
	(void)i;
	if (at < 0 || fstatfs(at, &fs) < 0)
		return err_sys(e, "/dev/shm");
	return fs.f_type == TMPFS_MAGIC ? mount_copy(at, "", false, e)
					: err_set(e, "/dev/shm: not a tmpfs");
}

int mountshare_shm(pid_t pid, struct err *e)
{
	int mount;

	copy_mounts(pid, copy_shm, NULL, &mount, 1, e);
	return mount;
}
