#include "tar/tarwrite.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "tar/paxtime.h"
#include "tar/treewalk.h"

enum { CHUNK = 1 << 18, BLOCK = 1 << 16, HOLES_MAX = 1 << 16 };
/* A file that has so many bytes of holes keeps them in an archive of single files. */
static const off_t HOLES_LARGE = 1 << 30;

struct writing {
	const struct packing *p;
	struct archive *a;
	struct archive_entry *entry;
	int to;
	bool stopped; /* write nothing any more */
	int sys;      /* errno of the failed write */
	uint64_t entries, bytes;
};

/*
 * Reports success to libarchive even after a failed write: after a failure libarchive would
 * leak memory, and would write the end mark when it is closed.
 */
static la_ssize_t sink(struct archive *a, void *arg, const void *data, size_t n)
{
	struct writing *j = arg;

	(void)a;
	if (!j->stopped && fd_write_all(j->to, data, n) < 0) {
		j->sys = errno;
		j->stopped = true;
	}
	return (la_ssize_t)n;
}

/* Checks the result r of a libarchive call, and earlier failed writes. */
static int check(const struct writing *j, la_ssize_t r, struct err *e)
{
	const char *why = archive_error_string(j->a);

	errno = j->sys;
	if (j->sys)
		return err_sys(e, "%s", j->p->target);
	return r >= ARCHIVE_WARN
		? 0
		: err_set(e, "%s: %s", j->p->target, why ? why : "cannot be written");
}

static bool is_device(const struct walked *f)
{
	return S_ISCHR(f->st.stx_mode) || S_ISBLK(f->st.stx_mode);
}

/* The archive's name for a file beneath the top. The caller frees it. */
static char *name_of(const struct writing *j, const char *below)
{
	if (str_equal(below, "."))
		return str_dup(j->p->name ? j->p->name : ".");
	return j->p->name ? str_fmt("%s/%s", j->p->name, below) : str_dup(below);
}

/* Adds the attributes that untar.h lists; others are meaningful only on this host. */
static int add_attribute(const char *name, const void *value, size_t n, void *entry)
{
	if (str_starts(name, "user.") || str_starts(name, "system.posix_acl_") ||
	    str_equal(name, "security.capability"))
		archive_entry_xattr_add_entry(entry, name, value, n);
	return 0;
}

static int describe(const struct writing *j, const struct treewalk *w, const struct walked *f,
		    struct err *e)
{
	own_str char *name = name_of(j, treewalk_below(w));
	struct archive_entry *entry = j->entry;
	char target[PATH_MAX + 1];

	archive_entry_clear(entry);
	archive_entry_copy_pathname(entry, name);
	archive_entry_set_mode(entry, f->st.stx_mode);
	archive_entry_set_uid(entry, f->st.stx_uid);
	archive_entry_set_gid(entry, f->st.stx_gid);
	paxtime_write(entry, f->st.stx_mtime.tv_sec, f->st.stx_mtime.tv_nsec);
	archive_entry_set_size(entry, S_ISREG(f->st.stx_mode) ? (la_int64_t)f->st.stx_size : 0);
	if (is_device(f))
		archive_entry_set_rdev(entry, makedev(f->st.stx_rdev_major, f->st.stx_rdev_minor));
	if (S_ISLNK(f->st.stx_mode)) {
		if (treewalk_read_link(w, f, target, e) < 0)
			return -1;
		archive_entry_copy_symlink(entry, target);
	}
	return treewalk_attributes(w, f, add_attribute, entry, e);
}

/* Records the data regions of a file with holes of at least `least` bytes together. */
static void find_holes(const struct writing *j, int fd, const struct walked *f, off_t least)
{
	off_t size = (off_t)f->st.stx_size, data, hole = 0, holes = size;
	int regions = 0;

	if (f->st.stx_blocks >= f->st.stx_size / 512)
		return;
	while (hole < size && (data = lseek(fd, hole, SEEK_DATA)) >= 0 && data < size) {
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || ++regions > HOLES_MAX) {
			archive_entry_sparse_clear(j->entry);
			return;
		}
		hole = hole < size ? hole : size;
		holes -= hole - data;
		archive_entry_sparse_add_entry(j->entry, data, hole - data);
	}
	if (holes < least)
		archive_entry_sparse_clear(j->entry);
	else if (regions == 0)
		archive_entry_sparse_add_entry(j->entry, 0, 0);
}

static int add_bytes(struct writing *j, const void *data, size_t n, struct err *e)
{
	if (check(j, archive_write_data(j->a, data, n), e) < 0)
		return -1;
	j->bytes += n;
	if (j->p->progress)
		j->p->progress(j->entries, j->bytes);
	return 0;
}

/* Adds bytes from..end of a file; fd -1: zeros of a hole, which the archive only counts. */
static int add_range(struct writing *j, const struct treewalk *w, int fd, off_t from, off_t end,
		     struct err *e)
{
	static char chunk[CHUNK];
	static const char zeros[CHUNK];

	while (from < end) {
		size_t want = end - from < CHUNK ? (size_t)(end - from) : CHUNK;
		ssize_t n = fd < 0 ? (ssize_t)want : pread(fd, chunk, want, from);

		if (n < 0)
			return treewalk_failed(w, "", e);
		if (n == 0) {
			errno = ESTALE;
			return treewalk_failed(w, "read a file that shrank meanwhile: ", e);
		}
		if (add_bytes(j, fd < 0 ? zeros : chunk, (size_t)n, e) < 0)
			return -1;
		from += n;
	}
	return 0;
}

static int add_data(struct writing *j, const struct treewalk *w, int fd, off_t size, struct err *e)
{
	la_int64_t data, length;
	off_t at = 0;

	if (archive_entry_sparse_reset(j->entry) == 0)
		return add_range(j, w, fd, 0, size, e);
	while (archive_entry_sparse_next(j->entry, &data, &length) == ARCHIVE_OK) {
		if (add_range(j, w, -1, at, data, e) < 0 ||
		    add_range(j, w, fd, data, data + length, e) < 0)
			return -1;
		at = data + length;
	}
	return add_range(j, w, -1, at, size, e);
}

static int put(struct writing *j, const struct treewalk *w, const struct walked *f, int fd,
	       struct err *e)
{
	if (check(j, archive_write_header(j->a, j->entry), e) < 0)
		return -1;
	j->entries++;
	if (fd >= 0 && add_data(j, w, fd, (off_t)f->st.stx_size, e) < 0)
		return -1;
	return check(j, archive_write_finish_entry(j->a), e);
}

static int put_link(struct writing *j, const struct treewalk *w, const char *earlier, struct err *e)
{
	own_str char *target = name_of(j, earlier);

	archive_entry_copy_hardlink(j->entry, target);
	archive_entry_set_size(j->entry, 0);
	return put(j, w, NULL, -1, e);
}

static void omit(const struct writing *j, const struct treewalk *w, const char *why)
{
	if (j->p->omit)
		j->p->omit(w->path.data, why, j->p->omit_arg);
}

static int put_dir(struct writing *j, struct treewalk *w, const struct walked *f, struct err *e)
{
	for (int i = 0; i < j->p->avoid_n; i++)
		if (treewalk_same(&f->st, &j->p->avoid[i])) {
			errno = ELOOP;
			return treewalk_failed(w, "copied into itself: ", e);
		}
	if (f->mounted)
		return err_set(e, "%.300s: is a mount point (mounted files are not copied)",
			       w->path.data);
	return put(j, w, f, -1, e) < 0 ? -1 : treewalk_into(w, f, j, e);
}

static int visit(struct treewalk *w, const struct walked *f, void *here, struct err *e)
{
	struct writing *j = here;
	own_fd int fd = -1;
	const char *earlier;

	if (S_ISSOCK(f->st.stx_mode))
		return 0;
	if (is_device(f) && !j->p->devices) {
		omit(j, w, "a device");
		return 0;
	}
	if (describe(j, w, f, e) < 0)
		return -1;
	if (S_ISDIR(f->st.stx_mode))
		return put_dir(j, w, f, e);
	if (f->st.stx_nlink > 1 && (earlier = treewalk_earlier(w, f)))
		return put_link(j, w, earlier, e);
	if (S_ISREG(f->st.stx_mode)) {
		fd = treewalk_open(w, f, e);
		if (fd < 0)
			return -1;
		find_holes(j, fd, f, 0);
	}
	return put(j, w, f, fd, e);
}

static int begin(struct writing *j, struct err *e)
{
	archive_write_set_format_pax(j->a);
	archive_write_set_bytes_per_block(j->a, BLOCK);
	archive_write_set_bytes_in_last_block(j->a, 1);
	return check(j, archive_write_open(j->a, j, NULL, sink, NULL), e);
}

static int pack(struct writing *j, int from, struct err *e)
{
	own_treewalk struct treewalk w = {
		.visit = visit, .live = true, .mounts = j->p->mounts, .mounts_n = j->p->mounts_n};
	own_walked struct walked top = {.fd = -1};

	if (begin(j, e) < 0)
		return -1;
	if (treewalk_begin(&w, from, j->p->path, &top, e) < 0)
		return -1;
	if (S_ISSOCK(top.st.stx_mode))
		return err_set(e, "%s: is a socket (an archive cannot hold sockets)", j->p->path);
	if (is_device(&top) && !j->p->devices)
		return err_set(e, "%s: is a device", j->p->path);
	if (visit(&w, &top, j, e) < 0)
		return -1;
	return check(j, archive_write_close(j->a), e);
}

int tarwrite_tree(int from, const struct packing *p, int to, struct err *e)
{
	struct writing j = {
		.p = p, .a = archive_write_new(), .entry = archive_entry_new(), .to = to};
	int failed;

	if (!j.a || !j.entry)
		abort();
	charset_load();
	failed = pack(&j, from, e);
	j.stopped = true; /* no end mark after a failure */
	archive_write_free(j.a);
	archive_entry_free(j.entry);
	return failed;
}

/* --- single files --- */

struct tarwriter {
	struct writing job;
	struct packing packing;
};

struct tarwriter *tarwriter_begin(const struct packing *p, int to, struct err *e)
{
	struct tarwriter *t = mem_alloc(sizeof(*t));

	t->packing = *p;
	t->job = (struct writing){
		.p = &t->packing, .a = archive_write_new(), .entry = archive_entry_new(), .to = to};
	if (!t->job.a || !t->job.entry)
		abort();
	if (begin(&t->job, e) == 0)
		return t;
	tarwriter_end(t, false, NULL);
	return NULL;
}

int tarwriter_add(struct tarwriter *t, int file, const char *name, const char *link, struct err *e)
{
	own_treewalk struct treewalk w = {.visit = visit};
	own_walked struct walked f = {.fd = -1};
	struct writing *j = &t->job;
	own_fd int data = -1;

	t->packing.name = name;
	if (treewalk_begin(&w, file, name, &f, e) < 0 || describe(j, &w, &f, e) < 0)
		return -1;
	if (link) {
		archive_entry_copy_hardlink(j->entry, link);
		archive_entry_set_size(j->entry, 0);
	} else if (S_ISREG(f.st.stx_mode)) {
		data = treewalk_open(&w, &f, e);
		if (data < 0)
			return -1;
		find_holes(j, data, &f, HOLES_LARGE);
	}
	return put(j, &w, &f, data, e);
}

int tarwriter_mark(struct tarwriter *t, const char *name, struct err *e)
{
	struct writing *j = &t->job;

	archive_entry_clear(j->entry);
	archive_entry_copy_pathname(j->entry, name);
	archive_entry_set_mode(j->entry, S_IFREG);
	archive_entry_set_mtime(j->entry, 0, 0);
	archive_entry_set_size(j->entry, 0);
	return put(j, NULL, NULL, -1, e);
}

int tarwriter_end(struct tarwriter *t, bool whole, struct err *e)
{
	int r = whole ? check(&t->job, archive_write_close(t->job.a), e) : 0;

	t->job.stopped = true; /* no end mark after a failure */
	archive_write_free(t->job.a);
	archive_entry_free(t->job.entry);
	free(t);
	return r;
}
