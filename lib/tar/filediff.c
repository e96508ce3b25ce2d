#include "tar/filediff.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs_tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"

enum { CHUNK = 128 << 10 };

void filediff_close(struct filediff *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/*
 * The root directory of every subvolume has the same inode number. Two snapshots of one subvolume
 * give the same inode number to different new files, but these are not made in the same nanosecond.
 */
bool filediff_same(const struct filediff *a, const struct filediff *b)
{
	if (a->st.stx_ino == BTRFS_FIRST_FREE_OBJECTID && b->st.stx_ino == a->st.stx_ino)
		return true;
	return a->st.stx_ino == b->st.stx_ino &&
		((a->st.stx_mode ^ b->st.stx_mode) & S_IFMT) == 0 &&
		a->st.stx_btime.tv_sec == b->st.stx_btime.tv_sec &&
		a->st.stx_btime.tv_nsec == b->st.stx_btime.tv_nsec;
}

static int open_content(const struct filediff *f)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* 1: the ranges differ, 0: equal, -1 with errno. */
static int compare_content(const struct filediff *a, const struct filediff *b, uint64_t from,
			   uint64_t to)
{
	own_str char *x = mem_alloc(CHUNK), *y = mem_alloc(CHUNK);
	own_fd int in = open_content(a), other = open_content(b);

	if (in < 0 || other < 0)
		return -1;
	to = to < a->st.stx_size ? to : a->st.stx_size;
	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t n = pread(in, x, want, (off_t)from);
		ssize_t m = n <= 0 ? n : pread(other, y, (size_t)n, (off_t)from);

		if (n < 0 || m < 0)
			return -1;
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 1;
		if (n == 0)
			return 0;
		from += (uint64_t)n;
	}
	return 0;
}

static int compare_targets(const struct filediff *a, const struct filediff *b)
{
	char x[PATH_MAX], y[PATH_MAX];
	ssize_t n = readlinkat(a->fd, "", x, sizeof(x)), m = readlinkat(b->fd, "", y, sizeof(y));

	if (n < 0 || m < 0)
		return -1;
	return n != m || memcmp(x, y, (size_t)n) != 0;
}

/* Reads the attribute or, with name NULL, the list of names. Nobody changes it meanwhile. */
static ssize_t attribute(const struct filediff *f, const char *name, char **value)
{
	char path[40];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	n = name ? getxattr(path, name, NULL, 0) : listxattr(path, NULL, 0);
	if (n <= 0)
		return n;
	*value = mem_grow(NULL, (size_t)n, 1);
	return name ? getxattr(path, name, *value, (size_t)n) : listxattr(path, *value, (size_t)n);
}

/* Whether each attribute that a has is the same in b. */
static int attributes_kept(const struct filediff *a, const struct filediff *b, size_t *count)
{
	own_str char *names = NULL;
	ssize_t n = attribute(a, NULL, &names);

	*count = 0;
	if (n < 0)
		return errno == EOPNOTSUPP ? 1 : -1;
	for (const char *p = names; p && p < names + n; p += strlen(p) + 1) {
		own_str char *x = NULL, *y = NULL;
		ssize_t size = attribute(a, p, &x), other = attribute(b, p, &y);

		if (size < 0)
			return -1;
		if (other < 0)
			return errno == ENODATA ? 0 : -1;
		if (size != other || (size && memcmp(x, y, (size_t)size) != 0))
			return 0;
		++*count;
	}
	return 1;
}

static int compare_attributes(const struct filediff *a, const struct filediff *b)
{
	size_t n, m;
	int kept = attributes_kept(a, b, &n);

	if (kept <= 0)
		return kept < 0 ? -1 : 1;
	kept = attributes_kept(b, a, &m);
	return kept < 0 ? -1 : !kept || n != m;
}

/* Compares the content of the files. */
static int compare_inside(const struct filediff *a, const struct filediff *b, uint64_t from,
			  uint64_t to)
{
	int r = 0;

	if (S_ISLNK(a->st.stx_mode)) {
		r = compare_targets(a, b);
		return r < 0 ? -1 : r ? DIFF_TYPE : 0;
	}
	if (S_ISCHR(a->st.stx_mode) || S_ISBLK(a->st.stx_mode))
		return a->st.stx_rdev_major != b->st.stx_rdev_major ||
				a->st.stx_rdev_minor != b->st.stx_rdev_minor
			? DIFF_TYPE
			: 0;
	if (!S_ISREG(a->st.stx_mode))
		return 0;
	if (a->st.stx_size != b->st.stx_size)
		return DIFF_CONTENT;
	r = from < to ? compare_content(a, b, from, to) : 0;
	return r < 0 ? -1 : r ? DIFF_CONTENT : 0;
}

int filediff_compare(const struct filediff *a, const struct filediff *b, uint64_t from, uint64_t to)
{
	int what = 0, r;

	if ((a->st.stx_mode ^ b->st.stx_mode) & S_IFMT)
		return DIFF_TYPE;
	if ((a->st.stx_mode ^ b->st.stx_mode) & 07777)
		what |= DIFF_MODE;
	if (a->st.stx_uid != b->st.stx_uid || a->st.stx_gid != b->st.stx_gid)
		what |= DIFF_OWNER;
	if (a->st.stx_mtime.tv_sec != b->st.stx_mtime.tv_sec ||
	    a->st.stx_mtime.tv_nsec != b->st.stx_mtime.tv_nsec)
		what |= DIFF_TIME;
	r = compare_attributes(a, b);
	if (r < 0)
		return -1;
	what |= r ? DIFF_ATTRIBUTES : 0;
	r = compare_inside(a, b, from, to);
	return r < 0 ? -1 : what | r;
}
