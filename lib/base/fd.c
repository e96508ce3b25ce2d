#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"

/* ATTRIBUTE_MAX fits the smallest tree node of btrfs, 4 KiB. */
enum { ATTRIBUTE_MAX = 3500, DISK_BLOCK = 4096 };
#define HALF "~" /* suffix of an unfinished file */

int fd_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	ssize_t w;

	while (n) {
		w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

/* ours: a file that ct wrote; its type need not be looked at, and a short read ends it. */
static int read_whole(int dirfd, const char *name, bool ours, size_t max, struct buf *out,
		      struct err *e)
{
	own_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char chunk[16384];
	struct stat st;
	ssize_t n;

	if (fd < 0 || (!ours && fstat(fd, &st) < 0))
		return err_sys(e, "%s", name);
	if (!ours && !S_ISREG(st.st_mode))
		return err_set(e, "%s: not a regular file", name);
	buf_str(out, "");
	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read %s", name);
		if (n == 0)
			return 0;
		if (out->len + (size_t)n > max) {
			errno = EFBIG;
			return err_sys(e, "%s", name);
		}
		buf_add(out, chunk, (size_t)n);
		/*
		 * If the size is known, no read at the end is needed (files of
		 * /proc have size 0).
		 */
		if ((size_t)n < sizeof(chunk) && (ours || out->len == (size_t)st.st_size))
			return 0;
	}
}

int file_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *e)
{
	return read_whole(dirfd, name, false, max, out, e);
}

/* The error with errno and the path of the file. */
static int write_failed(int dirfd, const char *name, struct err *e)
{
	int reason = errno;
	own_str char *dir = dirfd == AT_FDCWD ? NULL : fd_path(dirfd);

	errno = reason;
	return dir ? err_sys(e, "write %s/%s", dir, name) : err_sys(e, "write %s", name);
}

int file_write(int dirfd, const char *name, mode_t mode, const void *data, size_t n, struct err *e)
{
	own_fd int fd = openat(dirfd, name,
			       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				       O_NOCTTY,
			       mode); /* O_NONBLOCK: a FIFO must not block */

	if (fd < 0 || fd_write_all(fd, data, n) < 0)
		return write_failed(dirfd, name, e);
	return 0;
}

/* Opens an empty file, replacing one that a killed process left. */
static int open_new(int dirfd, const char *name, mode_t mode)
{
	int fd;

	while ((fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) < 0 &&
	       errno == EEXIST)
		if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
			return -1;
	return fd;
}

static void attribute_name(size_t part, char name[32])
{
	snprintf(name, 32, "user.ct.text.%zu", part);
}

static int write_attributes(int fd, const char *data, size_t n)
{
	char name[32];
	size_t len;

	for (size_t part = 0; n; part++, data += len, n -= len) {
		len = n < ATTRIBUTE_MAX ? n : ATTRIBUTE_MAX;
		attribute_name(part, name);
		if (fsetxattr(fd, name, data, len, 0) < 0)
			return -1;
	}
	return 0;
}

static int replace(int dirfd, const char *name, mode_t mode, const void *data, size_t n, bool keep,
		   struct err *e)
{
	own_str char *half = str_fmt("%s" HALF, name);
	own_fd int fd = open_new(dirfd, half, mode);

	if (fd >= 0 && fd_write_all(fd, data, n) == 0 &&
	    (!keep || write_attributes(fd, data, n) == 0) &&
	    renameat(dirfd, half, dirfd, name) == 0)
		return 0;
	write_failed(dirfd, name, e);
	if (fd >= 0)
		unlinkat(dirfd, half, 0);
	return -1;
}

int file_replace(int dirfd, const char *name, mode_t mode, const void *data, size_t n,
		 struct err *e)
{
	return replace(dirfd, name, mode, data, n, false, e);
}

int file_keep(int dirfd, const char *name, const void *data, size_t n, struct err *e)
{
	return replace(dirfd, name, 0600, data, n, true, e);
}

void file_sweep(int dirfd, const char *directory)
{
	int fd = openat(dirfd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name + strlen(entry->d_name) - strlen(HALF), HALF) == 0)
			unlinkat(fd, entry->d_name, 0);
}

void file_sweep_one(int dirfd, const char *name)
{
	own_str char *half = str_fmt("%s" HALF, name);

	unlinkat(dirfd, half, 0);
}

static int read_attributes(int dirfd, const char *name, size_t max, struct buf *out, struct err *e)
{
	own_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char attribute[32], text[ATTRIBUTE_MAX];
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "%s", name);
	for (size_t part = 0; out->len <= max; part++) {
		attribute_name(part, attribute);
		n = fgetxattr(fd, attribute, text, sizeof(text));
		if (n < 0)
			return errno == ENODATA || errno == EOPNOTSUPP
				? 0
				: err_sys(e, "read %s", name);
		buf_add(out, text, (size_t)n);
	}
	errno = EFBIG;
	return err_sys(e, "%s", name);
}

/* Missing data within the length of a file reads as zeros. */
static bool has_zeros(const struct buf *text)
{
	return memchr(text->data, '\0', text->len) != NULL;
}

/*
 * btrfs extends a file by whole blocks until its end, so a length that is not a multiple of a
 * block means that no data is missing at the end.
 */
static bool is_whole(const struct buf *text)
{
	return text->len % DISK_BLOCK && !has_zeros(text);
}

int file_read_kept(int dirfd, const char *name, size_t max, struct buf *out, struct err *e)
{
	own_buf struct buf kept = {0};

	if (read_whole(dirfd, name, true, max, out, e) < 0)
		return -1;
	if (is_whole(out))
		return 0;
	if (read_attributes(dirfd, name, max, &kept, e) < 0)
		return -1;
	if (kept.len && (kept.len > out->len || has_zeros(out))) {
		out->len = 0;
		buf_add(out, kept.data, kept.len);
	}
	return 0;
}

int file_repair(int dirfd, const char *name, size_t max, struct err *e)
{
	own_buf struct buf is = {0}, text = {0};

	if (file_read(dirfd, name, max, &is, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	if (is_whole(&is))
		return 0;
	if (file_read_kept(dirfd, name, max, &text, e) < 0)
		return -1;
	if (text.len == is.len && memcmp(text.data, is.data, is.len) == 0)
		return 0;
	return file_keep(dirfd, name, text.data, text.len, e);
}

int file_put_same(int dirfd, const char *name, const char *value, const char *shell, struct err *e)
{
	own_fd int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, value, strlen(value));

	if (fd >= 0)
		explain_call(shell, n, "write(\"%s\", \"%s\")", name, value);
	return n < 0 ? err_sys(e, "write %s to %s", value, name) : 0;
}

int file_put(int dirfd, const char *name, const char *value, struct err *e)
{
	return file_put_same(dirfd, name, value, NULL, e);
}

char *fd_path(int fd)
{
	own_str char *link = str_fmt("/proc/self/fd/%d", fd);
	char path[4096];
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	return n < 0 ? str_fmt("descriptor %d", fd) : str_dup_n(path, (size_t)n);
}

bool fd_is_named(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
		a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The kernel accesses this buffer as struct cmsghdr, so it needs that alignment. */
union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(FD_PASS * sizeof(int))];
};

int fd_send(int sock, const void *data, size_t n, const int *fds, size_t nfds)
{
	struct iovec iov = {.iov_base = (void *)(size_t)data, .iov_len = n};
	union control control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (nfds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	while (sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

ssize_t fd_recv(int sock, void *data, size_t n, int fds[FD_PASS])
{
	struct iovec iov = {.iov_base = data, .iov_len = n};
	union control control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t got;

	/* Without a control buffer the kernel closes the descriptors of the message. */
	if (fds) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}

	for (size_t i = 0; fds && i < FD_PASS; i++)
		fds[i] = -1;
	while ((got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC)) < 0)
		if (errno != EINTR)
			return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (fds && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return got;
}
