/*
 * A walk of our own, because no library or tool here does it right: cp -a
 * copies a mounted /proc without -x, and with -x leaves out nested btrfs
 * subvolumes, which differ in st_dev just as mounts do. The id of the mount
 * (STATX_MNT_ID) tells the two apart.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "own.h"
#include "str.h"
#include "walk.h"

/* One copy, or one measuring. */
struct job {
	int dest;		/* the top of the copy */
	struct statx dest_is;
	tree_progress *progress;
	uint64_t entries, bytes;
};

/* A directory of the copy: what the walk carries along. */
struct into {
	struct job *job;
	int dir;
};

/* By /proc/self/fd, since no call takes a directory and a name, and links cannot be opened. */
static int set_attribute(const char *name, const void *value, size_t n, void *dst)
{
	return lsetxattr(dst, name, value, n, 0);
}

static int copy_attributes(const struct walk *w, const struct walked *f, int dst_dir, struct err *e)
{
	own_str char *dst = str_fmt("/proc/self/fd/%d/%s", dst_dir, f->name);

	return walk_attributes(w, f, set_attribute, dst, e);
}

static struct timespec moment(const struct statx_timestamp *t)
{
	return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

/* In the one order that keeps all: chown clears capabilities and setuid, an ACL changes the mode. */
static int copy_meta(const struct walk *w, const struct walked *f, int dst_dir, struct err *e)
{
	const struct statx *st = &f->st;
	struct timespec times[2] = {moment(&st->stx_atime), moment(&st->stx_mtime)};

	if (fchownat(dst_dir, f->name, st->stx_uid, st->stx_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return walk_failed(w, "owner of ", e);
	if (!f->mounted && copy_attributes(w, f, dst_dir, e) < 0)
		return -1;
	if (!S_ISLNK(st->stx_mode) && fchmodat(dst_dir, f->name, st->stx_mode & 07777, 0) < 0)
		return walk_failed(w, "mode of ", e);
	if (utimensat(dst_dir, f->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return walk_failed(w, "times of ", e);
	return 0;
}

/* n bytes at off, through the kernel if it can, or else through us. A file that has shrunk is no error. */
static int copy_range(int src, int dst, off_t off, off_t end)
{
	static char chunk[1 << 17];
	bool in_kernel = true;
	off_t in = off, out = off;
	ssize_t n;

	while (in < end) {
		n = end - in > 1 << 30 ? 1 << 30 : end - in;
		if (in_kernel) {
			n = copy_file_range(src, &in, dst, &out, (size_t)n, 0);
			if (n > 0)
				continue;
			if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
				return -1;
			/* 0 may also mean a file system that cannot say how much there is */
			in_kernel = false;
			continue;
		}
		n = pread(src, chunk, (size_t)n < sizeof(chunk) ? (size_t)n : sizeof(chunk), in);
		if (n <= 0)
			return (int)n;
		for (ssize_t done = 0, k; done < n; done += k) {
			k = pwrite(dst, chunk + done, (size_t)(n - done), out + done);
			if (k < 0)
				return -1;
		}
		in += n, out += n;
	}
	return 0;
}

static int copy_data(int src, int dst, off_t size)
{
	off_t data = 0, hole = 0;

	if (size == 0 || ioctl(dst, FICLONE, src) == 0)
		return 0;
	while (hole < size && (data = lseek(src, hole, SEEK_DATA)) >= 0 && data < size) {
		hole = lseek(src, data, SEEK_HOLE);
		if (hole < 0)
			return -1;
		if (copy_range(src, dst, data, hole < size ? hole : size) < 0)
			return -1;
	}
	if (data < 0 && errno != ENXIO)		/* ENXIO: only a hole is left */
		return -1;
	return ftruncate(dst, size);
}

static int copy_file(const struct walk *w, const struct walked *f, int dst_dir, struct err *e)
{
	own_fd int src = walk_open(w, f, e), dst = -1;

	if (src < 0)
		return -1;
	dst = openat(dst_dir, f->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (dst < 0 || copy_data(src, dst, (off_t)f->st.stx_size) < 0)
		return walk_failed(w, "copy ", e);
	return 0;
}

static int copy_link(const struct walk *w, const struct walked *f, int dst_dir, struct err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(f->fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return walk_failed(w, "", e);
	target[n] = '\0';
	return symlinkat(target, dst_dir, f->name) < 0 ? walk_failed(w, "copy ", e) : 0;
}

static int copy_dir(struct walk *w, const struct walked *f, const struct into *up, struct err *e)
{
	own_fd int dst = -1;

	if (mkdirat(up->dir, f->name, 0700) < 0)
		return walk_failed(w, "copy ", e);
	dst = openat(up->dir, f->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dst < 0)
		return walk_failed(w, "copy ", e);
	return walk_into(w, f, &(struct into){up->job, dst}, e);
}

/* Something is mounted here: its place is kept, with the owner and mode it shows. */
static int copy_mount_point(const struct walk *w, const struct walked *f, int dst_dir, struct err *e)
{
	if (S_ISDIR(f->st.stx_mode) ? mkdirat(dst_dir, f->name, 0700) < 0
				    : mknodat(dst_dir, f->name, S_IFREG | 0600, 0) < 0)
		return walk_failed(w, "copy ", e);
	return copy_meta(w, f, dst_dir, e);
}

static int copy_entry(struct walk *w, const struct walked *f, const struct into *to, struct err *e)
{
	const struct statx *st = &f->st;
	const char *earlier;
	int r;

	if (f->mounted)
		return copy_mount_point(w, f, to->dir, e);
	if (walk_same(st, &to->job->dest_is)) {
		errno = ELOOP;
		return walk_failed(w, "copied into itself: ", e);
	}
	if (!S_ISDIR(st->stx_mode) && st->stx_nlink > 1 && (earlier = walk_earlier(w, f)))
		return linkat(to->job->dest, earlier, to->dir, f->name, 0) < 0 ? walk_failed(w, "link ", e) : 0;
	switch (st->stx_mode & S_IFMT) {
	case S_IFDIR:
		r = copy_dir(w, f, to, e);
		break;
	case S_IFREG:
		r = copy_file(w, f, to->dir, e);
		break;
	case S_IFLNK:
		r = copy_link(w, f, to->dir, e);
		break;
	case S_IFSOCK:
		return 0;
	default:
		r = mknodat(to->dir, f->name, (st->stx_mode & S_IFMT) | 0600,
			    makedev(st->stx_rdev_major, st->stx_rdev_minor));
		r = r < 0 ? walk_failed(w, "copy ", e) : 0;
	}
	return r < 0 ? r : copy_meta(w, f, to->dir, e);
}

static int visit_copy(struct walk *w, const struct walked *f, void *here, struct err *e)
{
	const struct into *to = here;
	struct job *j = to->job;

	if (copy_entry(w, f, to, e) < 0)
		return -1;
	j->entries++;
	if (S_ISREG(f->st.stx_mode))
		j->bytes += f->st.stx_size;
	if (j->progress)
		j->progress(j->entries, j->bytes);
	return 0;
}

static int visit_count(struct walk *w, const struct walked *f, void *here, struct err *e)
{
	struct job *j = here;

	if (f->mounted)
		return 0;
	if (S_ISDIR(f->st.stx_mode))
		return walk_into(w, f, j, e);
	if (S_ISREG(f->st.stx_mode) && (f->st.stx_nlink == 1 || !walk_earlier(w, f)))
		j->bytes += f->st.stx_size;
	return 0;
}

int tree_copy(int from, const char *path, int dest, tree_progress *progress, struct err *e)
{
	own_walk struct walk w = {.visit = visit_copy};
	own_walked struct walked top = {.fd = -1};
	struct job j = {.dest = dest, .progress = progress};

	if (walk_begin(&w, from, path, &top, e) < 0)
		return -1;
	if (statx(dest, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &j.dest_is) < 0)
		return walk_failed(&w, "copy ", e);
	if (walk_into(&w, &top, &(struct into){&j, dest}, e) < 0)
		return -1;
	return copy_meta(&w, &top, dest, e);
}

int tree_size(int dir, const char *path, uint64_t *bytes, struct err *e)
{
	own_walk struct walk w = {.visit = visit_count};
	own_walked struct walked top = {.fd = -1};
	struct job j = {0};

	if (walk_begin(&w, dir, path, &top, e) < 0 || walk_into(&w, &top, &j, e) < 0)
		return -1;
	*bytes = j.bytes;
	return 0;
}
