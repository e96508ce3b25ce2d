#include "container/etcshare.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "container/etc.h"
#include "kernel/mount.h"
#include "net/etcdir.h"

enum { TEXT_MAX = 1 << 20 };

/*
 * Runs in the container's mount namespace, whose root can mount other files at the path: only ct's
 * own file is accepted.
 */
static int copy_one(int root, const char *name, const struct stat *own, struct err *e)
{
	own_str char *path = str_fmt("etc/%s", name);
	own_fd int fd = path_open(root, path, O_PATH, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != own->st_dev || st.st_ino != own->st_ino)
		return -1;
	return mount_copy(fd, "", false, e);
}

__attribute__((noreturn)) static void copy_all(int ns, const struct stat own[ETC_FILES], int to)
{
	own_fd int root = -1;
	struct err ignored;

	if (setns(ns, CLONE_NEWNS) < 0)
		_exit(1);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ETC_FILES; i++) {
		int fd = own[i].st_ino ? copy_one(root, etc_files[i], &own[i], &ignored) : -1;

		if (fd_send(to, "", 1, &fd, fd >= 0) < 0)
			_exit(1);
	}
	_exit(0);
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

static void copy_mounts(const struct stat own[ETC_FILES], pid_t pid, int mounts[ETC_FILES])
{
	own_str char *path = str_fmt("/proc/%d/ns/mnt", (int)pid);
	own_fd int ns = open(path, O_RDONLY | O_CLOEXEC), from = -1, to = -1;
	int ends[2], fds[FD_PASS];
	pid_t child;
	char byte;

	if (ns < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	from = ends[0];
	to = ends[1];
	child = fork();
	if (child == 0)
		copy_all(ns, own, to);
	shut_fd(&to);
	for (size_t i = 0; child > 0 && i < ETC_FILES && fd_recv(from, &byte, 1, fds) > 0; i++)
		mounts[i] = fds[0];
	if (child > 0)
		proc_wait_child(child);
}

void etcshare_copy(const struct store *s, const char *id, pid_t pid, int etc, uid_t owner,
		   int mounts[ETC_FILES])
{
	struct stat own[ETC_FILES];

	for (size_t i = 0; i < ETC_FILES; i++)
		mounts[i] = -1;
	look_up(s, id, own);
	copy_mounts(own, pid, mounts);
	for (size_t i = 0; i < ETC_FILES; i++)
		if (own[i].st_ino && mounts[i] < 0)
			copy_text(s, id, etc_files[i], etc, owner);
}
