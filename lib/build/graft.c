#include "build/graft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "build/ignore.h"
#include "tar/treecopy.h"
#include "tar/treewalk.h"

/* State of a copy, or of a description. */
struct grafting {
	const struct graft *g;
	const char *path; /* of the source in the context */
	int top;          /* the target directory; -1: the files are only described */
	struct strv *lines;
	bool probe, found; /* probe: the job ends at the first file, and found is set */
};

/* A directory of the walk, with the directory that its files go into. */
struct level {
	struct grafting *job;
	struct level *up;
	const struct walked *from;
	int dir;                  /* the copy; -1: not made (yet) */
	bool made;                /* or described, if j->top is -1 */
	bool *ignored, *excluded; /* see ignore_has */
};

static struct timespec moment(const struct statx_timestamp *t)
{
	return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

static mode_t mode_of(const struct graft *g, const struct statx *st)
{
	return g->mode >= 0 ? (mode_t)g->mode : st->stx_mode & 07777;
}

/* This order keeps everything: chown clears capabilities and setuid, an ACL changes the mode. */
static int set_meta(const struct grafting *j, const struct treewalk *w, const struct walked *f,
		    int dir, const char *name, struct err *e)
{
	own_str char *path = str_fmt("/proc/self/fd/%d/%s", dir, name);
	const struct statx *st = &f->st;
	struct timespec times[2] = {moment(&st->stx_atime), moment(&st->stx_mtime)};

	if (fchownat(dir, name, j->g->owned ? j->g->uid : st->stx_uid,
		     j->g->owned ? j->g->gid : st->stx_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return treewalk_failed(w, "owner of ", e);
	if (treewalk_attributes(w, f, treecopy_set_attribute, path, e) < 0)
		return -1;
	if (!S_ISLNK(st->stx_mode) && fchmodat(dir, name, mode_of(j->g, st), 0) < 0)
		return treewalk_failed(w, "mode of ", e);
	if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return treewalk_failed(w, "times of ", e);
	return 0;
}

/* --- described --- */

static int add_attribute(const char *name, const void *value, size_t n, void *arg)
{
	char digest[DIGEST_LEN];

	digest_of(value, n, digest);
	buf_fmt(arg, " %s=%s", name, digest);
	return 0;
}

static int add_content(const struct treewalk *w, const struct walked *f, struct buf *line,
		       struct err *e)
{
	static char chunk[1 << 17];
	own_fd int fd = treewalk_open(w, f, e);
	own_digest struct digest d = {0};
	char digest[DIGEST_LEN];
	ssize_t n;

	if (fd < 0)
		return -1;
	digest_begin(&d);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		digest_add(&d, chunk, (size_t)n);
	if (n < 0)
		return treewalk_failed(w, "", e);
	digest_end(&d, digest);
	buf_fmt(line, " %s", digest);
	return 0;
}

static int add_target(const struct treewalk *w, const struct walked *f, struct buf *line,
		      struct err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = treewalk_read_link(w, f, target, e);

	if (n < 0)
		return -1;
	return add_attribute("target", target, (size_t)n, line);
}

static int describe(struct grafting *j, const struct treewalk *w, const struct walked *f,
		    const char *name, struct err *e)
{
	const struct statx *st = &f->st;
	own_buf struct buf line = {0};
	int r = 0;

	if (j->probe) {
		j->found = true;
		return -1;
	}
	/* The name comes first, so lines can be sorted. Its length makes a name with a newline
	 * unambiguous. */
	buf_fmt(&line, "%zu:%s %o", strlen(name), name,
		(unsigned)((st->stx_mode & S_IFMT) |
			   (S_ISLNK(st->stx_mode) ? 0 : mode_of(j->g, st))));
	if (!j->g->owned)
		buf_fmt(&line, " %u:%u", st->stx_uid, st->stx_gid);
	if (S_ISREG(st->stx_mode))
		r = add_content(w, f, &line, e);
	else if (S_ISLNK(st->stx_mode))
		r = add_target(w, f, &line, e);
	else if (!S_ISDIR(st->stx_mode))
		buf_fmt(&line, " %u:%u", st->stx_rdev_major, st->stx_rdev_minor);
	if (r < 0 || treewalk_attributes(w, f, add_attribute, &line, e) < 0)
		return -1;
	strv_take(j->lines, take_ptr(&line.data));
	return 0;
}

/* --- copied --- */

static int copy_data(const struct treewalk *w, const struct walked *f, int dir, const char *name,
		     struct err *e)
{
	own_fd int src = treewalk_open(w, f, e), dst = -1;

	if (src < 0)
		return -1;
	dst = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (dst < 0 || treecopy_copy_data(src, dst, (off_t)f->st.stx_size) < 0)
		return treewalk_failed(w, "copy ", e);
	return 0;
}

static int copy_link(const struct treewalk *w, const struct walked *f, int dir, const char *name,
		     struct err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = treewalk_read_link(w, f, target, e);

	if (n < 0)
		return -1;
	return symlinkat(target, dir, name) < 0 ? treewalk_failed(w, "copy ", e) : 0;
}

/* Copies a file of any kind except a directory, and replaces an existing file of that name. */
static int copy_file(struct grafting *j, struct treewalk *w, const struct walked *f, int dir,
		     const char *name, struct err *e)
{
	const struct statx *st = &f->st;
	const char *earlier;
	int r;

	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT) {
		if (errno == EISDIR)
			return treewalk_failed(w, "a directory is in its place: ", e);
		return treewalk_failed(w, "replace ", e);
	}
	if (st->stx_nlink > 1 && j->top >= 0 && (earlier = treewalk_earlier(w, f)) &&
	    !str_equal(earlier, "."))
		return linkat(j->top, earlier, dir, name, 0) < 0 ? treewalk_failed(w, "link ", e)
								 : 0;
	switch (st->stx_mode & S_IFMT) {
	case S_IFREG:
		r = copy_data(w, f, dir, name, e);
		break;
	case S_IFLNK:
		r = copy_link(w, f, dir, name, e);
		break;
	case S_IFSOCK: /* nobody listens on the copy; BuildKit makes an empty file, too */
		r = mknodat(dir, name, S_IFREG | 0600, 0);
		r = r < 0 ? treewalk_failed(w, "copy ", e) : 0;
		break;
	default:
		r = mknodat(dir, name, (st->stx_mode & S_IFMT) | 0600,
			    makedev(st->stx_rdev_major, st->stx_rdev_minor));
		r = r < 0 ? treewalk_failed(w, "copy ", e) : 0;
	}
	return r < 0 ? r : set_meta(j, w, f, dir, name, e);
}

/* --- both --- */

/* Makes the directory before its first file: an ignored directory may contain files that "!" takes
 * in again. */
static int make_level(struct level *l, struct treewalk *w, struct err *e)
{
	struct grafting *j = l->job;

	if (l->made || !l->up) /* the top exists already */
		return 0;
	if (make_level(l->up, w, e) < 0)
		return -1;
	l->made = true;
	if (j->top < 0)
		return describe(j, w, l->from, treewalk_below(w), e);
	if (mkdirat(l->up->dir, l->from->name, 0700) < 0 && errno != EEXIST)
		return treewalk_failed(w, "copy ", e);
	l->dir = openat(l->up->dir, l->from->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->dir >= 0)
		return 0;
	if (errno == ENOTDIR || errno == ELOOP)
		return treewalk_failed(w, "a file that is not a directory is in its place: ", e);
	return treewalk_failed(w, "copy ", e);
}

static bool left_out(const struct ignore *ig, const char *path, const bool *up, bool *here)
{
	return ig && ignore_has(ig, path, up, here);
}

static bool has_exceptions(const struct ignore *ig)
{
	return ig && ig->exceptions;
}

static int enter(struct treewalk *w, const struct walked *f, struct level *up, bool out,
		 struct level *here, struct err *e)
{
	struct grafting *j = up->job;

	if (out && !has_exceptions(j->g->ignore) && !has_exceptions(j->g->exclude))
		return 0;
	if (!out && make_level(here, w, e) < 0)
		return -1;
	if (treewalk_into(w, f, here, e) < 0)
		return -1;
	return here->dir >= 0 ? set_meta(j, w, f, up->dir, f->name, e) : 0;
}

static int visit(struct treewalk *w, const struct walked *f, void *arg, struct err *e)
{
	struct level *up = arg;
	struct grafting *j = up->job;
	const struct graft *g = j->g;
	const char *below = treewalk_below(w);
	own_str char *path = str_equal(j->path, ".") ? str_dup(below)
						     : str_fmt("%s/%s", j->path, below);
	own_str bool *ignored = g->ignore ? mem_alloc(g->ignore->n + 1) : NULL;
	own_str bool *excluded = g->exclude ? mem_alloc(g->exclude->n + 1) : NULL;
	bool out = left_out(g->ignore, path, up->ignored, ignored);
	struct level here = {
		.job = j, .up = up, .from = f, .dir = -1, .ignored = ignored, .excluded = excluded};
	int r;

	out |= left_out(g->exclude, below, up->excluded, excluded);
	if (S_ISDIR(f->st.stx_mode)) {
		r = enter(w, f, up, out, &here, e);
		own_close(&here.dir);
		return r;
	}
	if (out)
		return 0;
	if (make_level(up, w, e) < 0)
		return -1;
	return j->top < 0 ? describe(j, w, f, below, e) : copy_file(j, w, f, up->dir, f->name, e);
}

/* Walks the content of the top directory. */
static int all_in(struct grafting *j, struct treewalk *w, const struct walked *top, struct err *e)
{
	const struct graft *g = j->g;
	own_str bool *ignored = g->ignore && !str_equal(j->path, ".") ? mem_alloc(g->ignore->n + 1)
								      : NULL;
	struct level here = {
		.job = j, .from = top, .dir = j->top, .made = true, .ignored = ignored};
	size_t n;

	/* The matches of the directories above, from the top down. */
	for (const char *s = j->path; ignored && *s; s = j->path + n + (j->path[n] == '/')) {
		own_str char *part =
			str_dup_n(j->path, n = (size_t)(s - j->path) + strcspn(s, "/"));

		ignore_has(g->ignore, part, ignored, ignored);
	}
	return treewalk_into(w, top, &here, e);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool file_left_out(const struct graft *g, const char *path)
{
	return g->exclude && ignore_has_path(g->exclude, name_of(path));
}

int graft_mkdirs(const struct graft *g, int root, const char *dest, struct err *e)
{
	own_strv struct strv parts = {0};
	own_str char *real = path_resolved(root, dest);
	own_fd int dir = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return err_sys(e, "%s", dest);
	strv_split(&parts, real, '/');
	for (size_t i = 0; i < parts.n; i++) {
		own_fd int next = -1;
		bool made;

		if (!*parts.v[i])
			continue;
		made = mkdirat(dir, parts.v[i], 0755) == 0;
		if (!made && errno != EEXIST)
			return err_sys(e, "%s", dest);
		next = openat(dir, parts.v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return err_sys(e, "%s", dest);
		if (made &&
		    (fchmod(next, 0755) < 0 ||
		     fchown(next, g->owned ? g->uid : 0, g->owned ? g->gid : 0) < 0))
			return err_sys(e, "%s", dest);
		shut_fd(&dir);
		dir = take_fd(&next);
	}
	return take_fd(&dir);
}

/* Copies a file into the directory dest, or to the name dest. */
static int copy_one(struct grafting *j, struct treewalk *w, const struct walked *f, int root,
		    const char *dest, struct err *e)
{
	bool into = dest[strlen(dest) - 1] == '/' || path_is_dir(root, dest);
	own_str char *real = into ? NULL : path_resolved(root, dest);
	own_str char *up = into ? str_dup(dest) : str_dup_n(real, (size_t)(name_of(real) - real));
	own_fd int dir = graft_mkdirs(j->g, root, *up ? up : "/", e);

	if (dir < 0)
		return -1;
	return copy_file(j, w, f, dir, into ? name_of(j->path) : name_of(real), e);
}

int graft_copy(const struct graft *g, int from, const char *path, int root, const char *dest,
	       struct err *e)
{
	own_treewalk struct treewalk w = {.visit = visit};
	own_walked struct walked top = {.fd = -1};
	struct grafting j = {.g = g, .path = path, .top = -1};
	own_fd int dir = -1;

	if (treewalk_begin(&w, from, path, &top, e) < 0)
		return -1;
	if (!S_ISDIR(top.st.stx_mode))
		return file_left_out(g, path) ? 0 : copy_one(&j, &w, &top, root, dest, e);
	dir = graft_mkdirs(g, root, dest, e);
	j.top = dir;
	return dir < 0 ? -1 : all_in(&j, &w, &top, e);
}

int graft_describe(const struct graft *g, int from, const char *path, struct strv *lines,
		   struct err *e)
{
	own_treewalk struct treewalk w = {.visit = visit};
	own_walked struct walked top = {.fd = -1};
	struct grafting j = {.g = g, .path = path, .top = -1, .lines = lines};

	if (treewalk_begin(&w, from, path, &top, e) < 0)
		return -1;
	if (S_ISDIR(top.st.stx_mode))
		return all_in(&j, &w, &top, e);
	return file_left_out(g, path) ? 0 : describe(&j, &w, &top, name_of(path), e);
}

int graft_takes_any(const struct graft *g, int from, const char *path, struct err *e)
{
	own_treewalk struct treewalk w = {.visit = visit};
	own_walked struct walked top = {.fd = -1};
	struct grafting j = {.g = g, .path = path, .top = -1, .probe = true};

	if (treewalk_begin(&w, from, path, &top, e) < 0)
		return -1;
	if (!S_ISDIR(top.st.stx_mode))
		return !file_left_out(g, path);
	return all_in(&j, &w, &top, e) == 0 ? 0 : j.found ? 1 : -1;
}
