#include "container/shmshare.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "base/proc.h"
#include "kernel/mount.h"
#include "kernel/namespace.h"

/* The other container's root may have mounted anything there: only a tmpfs is accepted. */
static int copy(struct err *e)
{
	own_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
		   at = path_open(root, "dev/shm", O_PATH | O_DIRECTORY, 0);
	struct statfs fs;

	if (at < 0 || fstatfs(at, &fs) < 0)
		return err_sys(e, "/dev/shm");
	return fs.f_type == TMPFS_MAGIC ? mount_copy(at, "", false, e)
					: err_set(e, "/dev/shm: not a tmpfs");
}

/* Sends the mount, or the error without one. */
__attribute__((noreturn)) static void copy_there(int ns, int to)
{
	struct err e = {0};
	int fd = setns(ns, CLONE_NEWNS) < 0 ? err_sys(&e, "its mount namespace") : copy(&e);

	_exit(fd_send(to, &e, sizeof(e), &fd, fd >= 0) < 0);
}

int shmshare_copy(pid_t pid, struct err *e)
{
	own_fd int ns = namespace_open(pid, CLONE_NEWNS, e), from = -1, to = -1;
	int ends[2], fds[FD_PASS];
	struct err why;
	pid_t child;
	ssize_t n;

	if (ns < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "/dev/shm");
	from = ends[0];
	to = ends[1];
	child = fork();
	if (child < 0)
		return err_sys(e, "/dev/shm");
	if (child == 0)
		copy_there(ns, to);
	shut_fd(&to);
	n = fd_recv(from, &why, sizeof(why), fds);
	proc_wait_child(child);
	if (n != (ssize_t)sizeof(why))
		return err_set(e, "/dev/shm: the copying process was killed");
	if (fds[0] < 0)
		*e = why;
	return fds[0];
}
