/*
 * A walk of our own, because no library or tool here does it right: cp -a
 * copies a mounted /proc without -x, and with -x leaves out nested btrfs
 * subvolumes, which differ in st_dev just as mounts do. The id of the mount
 * (STATX_MNT_ID) tells the two apart.
 */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "err.h"
#include "own.h"
#include "str.h"

/* An inode with several names, and the first of them, from the top of the copy. */
struct seen {
	uint64_t dev, ino;
	char name[];
};

/* One walk. path is where it is now: as the user called the top, then beneath it. */
struct walk {
	struct buf path;
	size_t top;		/* how much of path is the top */
	int dest;		/* the top of the copy; -1: nothing is copied */
	struct statx dest_is;
	uint64_t mount;
	void *links;		/* tree of struct seen (tsearch) */
	tree_progress *progress;
	uint64_t entries, bytes;
};

static int by_inode(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static void walk_end(struct walk *w)
{
	tdestroy(w->links, free);
	buf_free(&w->path);
}

#define own_walk __attribute__((cleanup(walk_end)))

/* A very long path would push the reason out of the message: its end is shown then. */
static int failed(const struct walk *w, const char *doing, struct err *e)
{
	enum { SHOWN = 300 };
	size_t cut = w->path.len > SHOWN ? w->path.len - SHOWN : 0;

	return err_sys(e, "%s%s%s", doing, cut ? "..." : "", w->path.data + cut);
}

static const char *below_top(const struct walk *w)
{
	return w->path.len > w->top ? w->path.data + w->top + 1 : ".";
}

/* The earlier name of this inode, or NULL: then this one is remembered. */
static const char *earlier_name(struct walk *w, const struct statx *st)
{
	const char *name = below_top(w);
	struct seen *s = mem_alloc(sizeof(*s) + strlen(name) + 1), **in;

	s->dev = makedev(st->stx_dev_major, st->stx_dev_minor);
	s->ino = st->stx_ino;
	memcpy(s->name, name, strlen(name) + 1);
	in = tsearch(s, &w->links, by_inode);
	if (!in)
		abort();	/* out of memory, as in str.c */
	if (*in == s)
		return NULL;
	free(s);
	return (*in)->name;
}

static bool same_inode(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

static int look(int dir, const char *name, struct statx *st)
{
	return statx(dir, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		     STATX_BASIC_STATS | STATX_MNT_ID, st);
}

/* Attributes that belong to the file; the others are its file system's own (btrfs., system.nfs4_acl). */
static bool attribute_kept(const char *name)
{
	return str_starts(name, "user.") || str_starts(name, "trusted.") || str_starts(name, "security.") ||
	       str_starts(name, "system.posix_acl_");
}

static int copy_attribute(const char *src, const char *dst, const char *name)
{
	own_str char *value = NULL;
	ssize_t n, room;

	do {	/* it may grow between the two calls */
		room = lgetxattr(src, name, NULL, 0);
		if (room < 0)
			return -1;
		value = mem_grow(value, (size_t)room, 1);
		n = lgetxattr(src, name, value, (size_t)room);
	} while (n < 0 && errno == ERANGE);
	return n < 0 ? -1 : lsetxattr(dst, name, value, (size_t)n, 0);
}

/* By /proc/self/fd, since there are no calls that take a directory and a name, and links cannot be opened. */
static int copy_attributes(struct walk *w, int src_dir, int dst_dir, const char *name, struct err *e)
{
	own_str char *src = str_fmt("/proc/self/fd/%d/%s", src_dir, name);
	own_str char *dst = str_fmt("/proc/self/fd/%d/%s", dst_dir, name);
	own_str char *names = NULL;
	ssize_t n = llistxattr(src, NULL, 0);

	if (n <= 0)
		return n == 0 || errno == EOPNOTSUPP ? 0 : failed(w, "attributes of ", e);
	names = mem_alloc((size_t)n + 1);
	n = llistxattr(src, names, (size_t)n);
	if (n < 0)
		return failed(w, "attributes of ", e);
	for (const char *p = names; p < names + n; p += strlen(p) + 1) {
		if (!attribute_kept(p) || copy_attribute(src, dst, p) == 0)
			continue;
		failed(w, "", e);
		return err_wrap(e, "attribute %s", p);
	}
	return 0;
}

static struct timespec moment(const struct statx_timestamp *t)
{
	return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

/* In the one order that keeps all: chown clears capabilities and setuid, an ACL changes the mode. */
static int copy_meta(struct walk *w, int src_dir, int dst_dir, const char *name, const struct statx *st,
		     struct err *e)
{
	struct timespec times[2] = {moment(&st->stx_atime), moment(&st->stx_mtime)};

	if (fchownat(dst_dir, name, st->stx_uid, st->stx_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(w, "owner of ", e);
	if (src_dir >= 0 && copy_attributes(w, src_dir, dst_dir, name, e) < 0)
		return -1;
	if (!S_ISLNK(st->stx_mode) && fchmodat(dst_dir, name, st->stx_mode & 07777, 0) < 0)
		return failed(w, "mode of ", e);
	if (utimensat(dst_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(w, "times of ", e);
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

/* Opens what was looked at, unless something else stands there by now. */
static int open_same(struct walk *w, int dir, const char *name, int flags, const struct statx *st, struct err *e)
{
	own_fd int fd = openat(dir, name, flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct statx now;

	if (fd < 0 || look(fd, "", &now) < 0)
		return failed(w, "", e);
	if (!same_inode(&now, st)) {
		errno = ESTALE;
		return failed(w, "", e);
	}
	return take_fd(&fd);
}

static int copy_file(struct walk *w, int src_dir, int dst_dir, const char *name, const struct statx *st,
		     struct err *e)
{
	own_fd int src = open_same(w, src_dir, name, 0, st, e), dst = -1;

	if (src < 0)
		return -1;
	dst = openat(dst_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (dst < 0 || copy_data(src, dst, (off_t)st->stx_size) < 0)
		return failed(w, "copy ", e);
	return 0;
}

static int copy_link(struct walk *w, int src_dir, int dst_dir, const char *name, struct err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(src_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return failed(w, "", e);
	target[n] = '\0';
	return symlinkat(target, dst_dir, name) < 0 ? failed(w, "copy ", e) : 0;
}

static int make_node(struct walk *w, int dst_dir, const char *name, mode_t type, dev_t dev, struct err *e)
{
	return mknodat(dst_dir, name, type | 0600, dev) < 0 ? failed(w, "copy ", e) : 0;
}

static int each_entry(struct walk *w, int src_dir, const char *name, const struct statx *st, int dst,
		      struct err *e);

static int copy_dir(struct walk *w, int src_dir, int dst_dir, const char *name, const struct statx *st,
		    struct err *e)
{
	own_fd int dst = -1;

	if (mkdirat(dst_dir, name, 0700) < 0)
		return failed(w, "copy ", e);
	dst = openat(dst_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dst < 0)
		return failed(w, "copy ", e);
	return each_entry(w, src_dir, name, st, dst, e);
}

/* Something is mounted here: its place is kept, with the owner and mode it shows. */
static int copy_mount_point(struct walk *w, int dst_dir, const char *name, const struct statx *st, struct err *e)
{
	if (S_ISDIR(st->stx_mode) ? mkdirat(dst_dir, name, 0700) < 0
				  : mknodat(dst_dir, name, S_IFREG | 0600, 0) < 0)
		return failed(w, "copy ", e);
	return copy_meta(w, -1, dst_dir, name, st, e);
}

static int copy_entry(struct walk *w, int src, int dst, const char *name, const struct statx *st, struct err *e)
{
	const char *earlier;
	int r;

	if (st->stx_mnt_id != w->mount)
		return copy_mount_point(w, dst, name, st, e);
	if (same_inode(st, &w->dest_is)) {
		errno = ELOOP;
		return failed(w, "copied into itself: ", e);
	}
	if (!S_ISDIR(st->stx_mode) && st->stx_nlink > 1 && (earlier = earlier_name(w, st)))
		return linkat(w->dest, earlier, dst, name, 0) < 0 ? failed(w, "link ", e) : 0;
	switch (st->stx_mode & S_IFMT) {
	case S_IFDIR:
		r = copy_dir(w, src, dst, name, st, e);
		break;
	case S_IFREG:
		r = copy_file(w, src, dst, name, st, e);
		break;
	case S_IFLNK:
		r = copy_link(w, src, dst, name, e);
		break;
	case S_IFSOCK:
		return 0;
	default:
		r = make_node(w, dst, name, st->stx_mode & S_IFMT,
			      makedev(st->stx_rdev_major, st->stx_rdev_minor), e);
	}
	return r < 0 ? r : copy_meta(w, src, dst, name, st, e);
}

static int count_entry(struct walk *w, int dir, const char *name, const struct statx *st, struct err *e)
{
	if (st->stx_mnt_id != w->mount)
		return 0;
	if (S_ISDIR(st->stx_mode))
		return each_entry(w, dir, name, st, -1, e);
	if (S_ISREG(st->stx_mode) && (st->stx_nlink == 1 || !earlier_name(w, st)))
		w->bytes += st->stx_size;
	return 0;
}

static int one_entry(struct walk *w, int src, int dst, const char *name, struct err *e)
{
	struct statx st;

	if (look(src, name, &st) < 0)
		return failed(w, "", e);
	if (dst < 0)
		return count_entry(w, src, name, &st, e);
	if (copy_entry(w, src, dst, name, &st, e) < 0)
		return -1;
	w->entries++;
	if (S_ISREG(st.stx_mode))
		w->bytes += st.stx_size;
	if (w->progress)
		w->progress(w->entries, w->bytes);
	return 0;
}

/* What is in directory name of src_dir. One descriptor a level, two when copying: some 500 levels deep. */
static int each_entry(struct walk *w, int src_dir, const char *name, const struct statx *st, int dst,
		      struct err *e)
{
	own_fd int fd = open_same(w, src_dir, name, O_DIRECTORY, st, e);
	own_dir DIR *d = NULL;
	size_t here = w->path.len;
	struct dirent *entry;
	int r = 0;

	if (fd < 0)
		return -1;
	d = fdopendir(fd);
	if (!d)
		return failed(w, "", e);
	take_fd(&fd);
	while (r == 0) {
		errno = 0;
		entry = readdir(d);
		if (!entry)
			return errno ? failed(w, "", e) : 0;
		if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
			continue;
		buf_fmt(&w->path, "/%s", entry->d_name);
		r = one_entry(w, dirfd(d), dst, entry->d_name, e);
		w->path.data[w->path.len = here] = '\0';
	}
	return r;
}

static int walk_begin(struct walk *w, int from, const char *path, struct statx *st, struct err *e)
{
	buf_str(&w->path, path);
	w->top = w->path.len;
	if (look(from, "", st) < 0)
		return failed(w, "", e);
	w->mount = st->stx_mnt_id;
	return 0;
}

int tree_copy(int from, const char *path, int dest, tree_progress *progress, struct err *e)
{
	own_walk struct walk w = {.dest = dest, .progress = progress};
	struct statx st;

	if (walk_begin(&w, from, path, &st, e) < 0)
		return -1;
	if (look(dest, "", &w.dest_is) < 0)
		return failed(&w, "copy ", e);
	if (each_entry(&w, from, ".", &st, dest, e) < 0)
		return -1;
	return copy_meta(&w, from, dest, ".", &st, e);
}

int tree_size(int dir, const char *path, uint64_t *bytes, struct err *e)
{
	own_walk struct walk w = {.dest = -1};
	struct statx st;

	if (walk_begin(&w, dir, path, &st, e) < 0 || each_entry(&w, dir, ".", &st, -1, e) < 0)
		return -1;
	*bytes = w.bytes;
	return 0;
}
