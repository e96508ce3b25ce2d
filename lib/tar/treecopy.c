/*
 * An own tree walk, because cp -a is wrong here: without -x it copies a mounted /proc, with -x
 * it leaves out nested btrfs subvolumes, whose st_dev differs just like that of mounts. The
 * mount id (STATX_MNT_ID) distinguishes the two.
 */
#include "tar/treecopy.h"

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

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "tar/treewalk.h"

/* State of one copy, or of one measurement. */
struct job {
	int dest;   /* top directory of the copy */
	bool merge; /* existing files stay */
	struct statx dest_is;
	struct strv *mounts;
	treecopy_progress *progress;
	uint64_t entries, bytes;
};

/* A directory of the copy. */
struct into {
	struct job *job;
	int dir;
};

/*
 * Uses /proc/self/fd: no system call takes a directory and a name, and symbolic
 * links cannot be opened.
 */
int treecopy_set_attribute(const char *name, const void *value, size_t n, void *dst)
{
	return lsetxattr(dst, name, value, n, 0);
}

static int copy_attributes(const struct treewalk *w, const struct walked *f, int dst_dir,
			   struct err *e)
{
	own_str char *dst = str_fmt("/proc/self/fd/%d/%s", dst_dir, f->name);

	return treewalk_attributes(w, f, treecopy_set_attribute, dst, e);
}

static struct timespec moment(const struct statx_timestamp *t)
{
	return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

/*
 * The order matters: chown(2) clears capabilities and set-user-ID bits, an
 * ACL changes the mode.
 */
static int copy_meta(const struct treewalk *w, const struct walked *f, int dst_dir, struct err *e)
{
	const struct statx *st = &f->st;
	struct timespec times[2] = {moment(&st->stx_atime), moment(&st->stx_mtime)};

	if (fchownat(dst_dir, f->name, st->stx_uid, st->stx_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return treewalk_failed(w, "set the owner of ", e);
	if (!f->mounted && copy_attributes(w, f, dst_dir, e) < 0)
		return -1;
	if (!S_ISLNK(st->stx_mode) &&
	    fchmodat(dst_dir, f->name, st->stx_mode & 07777, AT_SYMLINK_NOFOLLOW) < 0)
		return treewalk_failed(w, "set the mode of ", e);
	if (utimensat(dst_dir, f->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return treewalk_failed(w, "set the times of ", e);
	return 0;
}

static int set_open_attribute(const char *name, const void *value, size_t n, void *fd)
{
	return fsetxattr(*(int *)fd, name, value, n, 0);
}

/* The same for an open file: its name may lead elsewhere by now. */
static int copy_open_meta(const struct treewalk *w, const struct walked *f, int fd, struct err *e)
{
	const struct statx *st = &f->st;
	struct timespec times[2] = {moment(&st->stx_atime), moment(&st->stx_mtime)};

	if (fchown(fd, st->stx_uid, st->stx_gid) < 0)
		return treewalk_failed(w, "set the owner of ", e);
	if (treewalk_attributes(w, f, set_open_attribute, &fd, e) < 0)
		return -1;
	if (fchmod(fd, st->stx_mode & 07777) < 0)
		return treewalk_failed(w, "set the mode of ", e);
	if (futimens(fd, times) < 0)
		return treewalk_failed(w, "set the times of ", e);
	return 0;
}

/* Copies a range, in the kernel if possible. A file that has shrunk is no error. */
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
			if (n < 0 &&
			    (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
				return -1;
			/* 0 may also mean that the file system does not know the size */
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

int treecopy_copy_data(int src, int dst, off_t size)
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
	if (data < 0 && errno != ENXIO) /* ENXIO: only a hole follows */
		return -1;
	return ftruncate(dst, size);
}

/* In a merge, EEXIST means that another process's file exists, and stays. */
static bool stays(const struct into *to)
{
	return to->job->merge && errno == EEXIST;
}

static int copy_file(const struct treewalk *w, const struct walked *f, const struct into *to,
		     struct err *e)
{
	own_fd int src = treewalk_open(w, f, e), dst = -1;
	char unnamed[32];

	if (src < 0)
		return -1;
	/* A merge may be interrupted at any moment; every file must be complete or absent. */
	dst = to->job->merge
		? openat(to->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600)
		: openat(to->dir, f->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (dst < 0 || treecopy_copy_data(src, dst, (off_t)f->st.stx_size) < 0)
		return treewalk_failed(w, "copy ", e);
	if (copy_open_meta(w, f, dst, e) < 0)
		return -1;
	snprintf(unnamed, sizeof(unnamed), "/proc/self/fd/%d", dst);
	if (to->job->merge && linkat(AT_FDCWD, unnamed, to->dir, f->name, AT_SYMLINK_FOLLOW) < 0 &&
	    !stays(to))
		return treewalk_failed(w, "copy ", e);
	return 0;
}

static int copy_link(const struct treewalk *w, const struct walked *f, const struct into *to,
		     struct err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = treewalk_read_link(w, f, target, e);

	if (n < 0)
		return -1;
	if (symlinkat(target, to->dir, f->name) < 0)
		return stays(to) ? 0 : treewalk_failed(w, "copy ", e);
	return copy_meta(w, f, to->dir, e);
}

static int copy_dir(struct treewalk *w, const struct walked *f, const struct into *up,
		    struct err *e)
{
	own_fd int dst = -1;

	if (mkdirat(up->dir, f->name, 0700) < 0 && !stays(up))
		return treewalk_failed(w, "copy ", e);
	dst = openat(up->dir, f->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dst < 0 && up->job->merge && (errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (dst < 0)
		return treewalk_failed(w, "copy ", e);
	return treewalk_into(w, f, &(struct into){up->job, dst}, e) < 0
		? -1
		: copy_open_meta(w, f, dst, e);
}

static int copy_special(const struct treewalk *w, const struct walked *f, const struct into *to,
			struct err *e)
{
	if (mknodat(to->dir, f->name, (f->st.stx_mode & S_IFMT) | 0600,
		    makedev(f->st.stx_rdev_major, f->st.stx_rdev_minor)) < 0)
		return stays(to) ? 0 : treewalk_failed(w, "copy ", e);
	return copy_meta(w, f, to->dir, e);
}

/*
 * Links to the first copy of the inode. 0: done; 1: the first copy has disappeared, so
 * copy the file again.
 */
static int copy_again(const struct treewalk *w, const struct walked *f, const char *earlier,
		      const struct into *to, struct err *e)
{
	if (linkat(to->job->dest, earlier, to->dir, f->name, 0) == 0 || stays(to))
		return 0;
	return to->job->merge && errno == ENOENT ? 1 : treewalk_failed(w, "link ", e);
}

/*
 * Copies a mount point as an empty file or directory, with the owner and mode
 * of the mounted root.
 */
static int copy_mount_point(const struct treewalk *w, const struct walked *f, int dst_dir,
			    struct err *e)
{
	if (S_ISDIR(f->st.stx_mode) ? mkdirat(dst_dir, f->name, 0700) < 0
				    : mknodat(dst_dir, f->name, S_IFREG | 0600, 0) < 0)
		return treewalk_failed(w, "copy ", e);
	return copy_meta(w, f, dst_dir, e);
}

static int copy_entry(struct treewalk *w, const struct walked *f, const struct into *to,
		      struct err *e)
{
	const struct statx *st = &f->st;
	const char *earlier;
	int r;

	if (f->mounted) {
		if (to->job->mounts)
			strv_add(to->job->mounts, w->path.data);
		return copy_mount_point(w, f, to->dir, e);
	}
	if (treewalk_same(st, &to->job->dest_is)) {
		errno = ELOOP;
		return treewalk_failed(w, "copied into itself: ", e);
	}
	if (!S_ISDIR(st->stx_mode) && st->stx_nlink > 1 && (earlier = treewalk_earlier(w, f))) {
		r = copy_again(w, f, earlier, to, e);
		if (r <= 0)
			return r;
	}
	switch (st->stx_mode & S_IFMT) {
	case S_IFDIR:
		return copy_dir(w, f, to, e);
	case S_IFREG:
		return copy_file(w, f, to, e);
	case S_IFLNK:
		return copy_link(w, f, to, e);
	case S_IFSOCK:
		return 0;
	default:
		return copy_special(w, f, to, e);
	}
}

static int visit_copy(struct treewalk *w, const struct walked *f, void *here, struct err *e)
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

static int visit_count(struct treewalk *w, const struct walked *f, void *here, struct err *e)
{
	struct job *j = here;

	if (f->mounted)
		return 0;
	if (S_ISDIR(f->st.stx_mode))
		return treewalk_into(w, f, j, e);
	if (S_ISREG(f->st.stx_mode) && (f->st.stx_nlink == 1 || !treewalk_earlier(w, f)))
		j->bytes += f->st.stx_size;
	return 0;
}

static int copy(int from, const char *path, struct job *j, struct err *e)
{
	own_treewalk struct treewalk w = {.visit = visit_copy};
	own_walked struct walked top = {.fd = -1};

	if (treewalk_begin(&w, from, path, &top, e) < 0)
		return -1;
	if (statx(j->dest, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &j->dest_is) < 0)
		return treewalk_failed(&w, "copy ", e);
	if (treewalk_into(&w, &top, &(struct into){j, j->dest}, e) < 0)
		return -1;
	return copy_open_meta(&w, &top, j->dest, e);
}

int treecopy_copy(int from, const char *path, int dest, struct strv *mounts,
		  treecopy_progress *progress, struct err *e)
{
	return copy(from, path, &(struct job){.dest = dest, .mounts = mounts, .progress = progress},
		    e);
}

int treecopy_merge(int from, const char *path, int dest, struct err *e)
{
	return copy(from, path, &(struct job){.dest = dest, .merge = true}, e);
}

int treecopy_size(int dir, const char *path, uint64_t *bytes, struct err *e)
{
	own_treewalk struct treewalk w = {.visit = visit_count};
	own_walked struct walked top = {.fd = -1};
	struct job j = {0};

	if (treewalk_begin(&w, dir, path, &top, e) < 0 || treewalk_into(&w, &top, &j, e) < 0)
		return -1;
	*bytes = j.bytes;
	return 0;
}
