#include "tar/subdiff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/subvolsend.h"
#include "tar/candidates.h"
#include "tar/filediff.h"

enum { DEPTH_MAX = 1000, SHOWN = 300, PIECE = PATH_MAX - NAME_MAX - 2 };

struct search {
	int old, new;
	struct candidates list;
	bool more; /* candidates were added that are not compared yet */
	struct subdiff *out;
	struct buf path; /* of the files that are compared */
	int depth;
};

int subdiff_open(int root, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
	own_fd int at = -1;

	while (strlen(path) > PIECE) {
		own_str char *piece = str_dup_n(path, PIECE);
		char *end = strrchr(piece, '/');
		int next;

		if (!end) {
			errno = ENAMETOOLONG;
			return -1;
		}
		*end = '\0';
		next = (int)syscall(SYS_openat2, at < 0 ? root : at, piece, &how, sizeof(how));
		if (next < 0)
			return -1;
		shut_fd(&at);
		at = next;
		path += end - piece + 1;
	}
	return (int)syscall(SYS_openat2, at < 0 ? root : at, path, &how, sizeof(how));
}

static bool is_beneath(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return str_equal(dir, ".") || (strncmp(path, dir, n) == 0 && path[n] == '/');
}

/* --- comparing --- */

static void found(struct search *s, char kind, unsigned what, mode_t mode)
{
	struct subdiff *d = s->out;

	if ((d->n & (d->n - 1)) == 0)
		d->v = mem_grow(d->v, d->n ? d->n * 2 : 16, sizeof(*d->v));
	d->v[d->n++] = (struct subdiff_change){
		.kind = kind, .what = what, .path = str_dup(s->path.data), .mode = mode};
}

static int failed(const struct search *s, struct err *e)
{
	size_t cut = s->path.len > SHOWN ? s->path.len - SHOWN : 0;

	return err_sys(e, "compare %s%s", cut ? "..." : "", s->path.data + cut);
}

/* A file with several names differs under all of them, and a layer needs all of them. */
static int add_names(struct search *s, int root, const struct filediff *f,
		     const struct candidate *range, struct err *e)
{
	own_strv struct strv names = {0};

	if (s->old < 0 || !f->there || S_ISDIR(f->st.stx_mode) || f->st.stx_nlink < 2)
		return 0;
	if (subvolsend_names(root, f->st.stx_ino, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (!candidates_cover(&s->list, names.v[i], range)) {
			candidates_add(&s->list, names.v[i], range->from, range->to);
			s->more = true;
		}
	return 0;
}

static int links_differ(const struct search *s, const struct filediff *a, const struct filediff *b,
			struct err *e)
{
	own_strv struct strv old = {0}, new = {0};

	if (S_ISDIR(a->st.stx_mode) || (a->st.stx_nlink < 2 && b->st.stx_nlink < 2))
		return 0;
	if (subvolsend_names(s->old, a->st.stx_ino, &old, e) < 0 ||
	    subvolsend_names(s->new, b->st.stx_ino, &new, e) < 0)
		return -1;
	if (old.n != new.n)
		return 1;
	for (size_t i = 0; i < old.n; i++)
		if (!strv_has(&new, old.v[i]))
			return 1;
	return 0;
}

static int compare_here(struct search *s, const struct candidate *c, struct err *e);

static int add_entries(const struct filediff *dir, struct strv *names)
{
	int fd = dir->there && S_ISDIR(dir->st.stx_mode)
		? openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		: -1;
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d)
		return dir->there && S_ISDIR(dir->st.stx_mode) ? -1 : 0;
	while ((errno = 0, entry = readdir(d)))
		if (!str_equal(entry->d_name, ".") && !str_equal(entry->d_name, ".."))
			strv_add(names, entry->d_name);
	return errno ? -1 : 0;
}

/* Compares all entries of a directory that is new or stands in the place of another one. */
static int compare_entries(struct search *s, const struct filediff *a, const struct filediff *b,
			   struct err *e)
{
	static const struct candidate whole = {.to = UINT64_MAX};
	own_strv struct strv names = {0};
	size_t above = s->path.len;
	bool top = str_equal(s->path.data, ".");

	if (s->depth == DEPTH_MAX)
		return err_set(e, "%.*s...: more than %d directories deep", SHOWN, s->path.data,
			       DEPTH_MAX);
	if (add_entries(a, &names) < 0 || add_entries(b, &names) < 0)
		return failed(s, e);
	strv_sort(&names, 0);
	s->depth++;
	for (size_t i = 0; i < names.n; i++) {
		if (i && str_equal(names.v[i - 1], names.v[i]))
			continue;
		if (top)
			s->path.len = 0;
		buf_fmt(&s->path, top ? "%s" : "/%s", names.v[i]);
		if (compare_here(s, &whole, e) < 0)
			return -1;
		s->path.data[s->path.len = above] = '\0';
		if (top)
			s->path.data[0] = '.';
	}
	s->depth--;
	return 0;
}

static int open_file(const struct search *s, int root, struct filediff *f, struct err *e)
{
	f->fd = root < 0 ? -1 : subdiff_open(root, s->path.data);
	if (f->fd < 0)
		return root < 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP
			? 0
			: failed(s, e);
	f->there = true;
	return statx(f->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &f->st) < 0
		? failed(s, e)
		: 0;
}

static int compare_both(struct search *s, const struct candidate *c, const struct filediff *a,
			const struct filediff *b, struct err *e)
{
	bool same = filediff_same(a, b);
	uint64_t from = same ? c->from : 0, to = same ? c->to : UINT64_MAX;
	int what = filediff_compare(a, b, from, to), links;

	if (what < 0)
		return failed(s, e);
	links = links_differ(s, a, b, e);
	if (links < 0)
		return -1;
	if (links)
		what |= DIFF_LINKS;
	if (what)
		found(s, 'C', (unsigned)what, b->st.stx_mode);
	return 0;
}

/*
 * Compares the file at the current path in both trees. Returns 1 if everything beneath it was
 * compared too. c->path NULL: the path was met beneath a directory that is compared as a whole.
 */
static int compare_here(struct search *s, const struct candidate *c, struct err *e)
{
	own_filediff struct filediff a = {.fd = -1}, b = {.fd = -1};
	bool dirs;

	if (open_file(s, s->old, &a, e) < 0 || open_file(s, s->new, &b, e) < 0)
		return -1;
	if (!a.there && !b.there) /* a temporary name of the stream */
		return 0;
	if (add_names(s, s->old, &a, c, e) < 0 || add_names(s, s->new, &b, c, e) < 0)
		return -1;
	if (!b.there) {
		found(s, 'D', 0, a.st.stx_mode);
		return S_ISDIR(a.st.stx_mode);
	}
	if (!a.there)
		found(s, 'A', 0, b.st.stx_mode);
	else if (compare_both(s, c, &a, &b, e) < 0)
		return -1;
	if (!S_ISDIR(b.st.stx_mode))
		return a.there && S_ISDIR(a.st.stx_mode);
	dirs = a.there && S_ISDIR(a.st.stx_mode);
	if (c->path && dirs && filediff_same(&a, &b))
		return 0;
	if (!dirs) {
		filediff_close(&a);
		a = (struct filediff){.fd = -1};
	}
	return compare_entries(s, &a, &b, e) < 0 ? -1 : 1;
}

static int compare_all(struct search *s, struct err *e)
{
	const char *done = NULL; /* a path beneath which nothing is left to compare */

	s->more = false;
	subdiff_free(s->out);
	for (size_t i = 0; i < s->list.sorted; i++) {
		struct candidate c = s->list.v[i];
		int r;

		if (done && is_beneath(c.path, done))
			continue;
		s->path.len = 0;
		buf_str(&s->path, c.path);
		r = compare_here(s, &c, e);
		if (r < 0)
			return -1;
		done = r ? c.path : NULL;
	}
	candidates_sort(&s->list);
	return 0;
}

/* --- moves --- */

/* Finds the path of an added file in the old tree, if the file has gone from there. */
static int find_origin(const struct search *s, struct subdiff_change *c, struct err *e)
{
	own_filediff struct filediff b = {.fd = subdiff_open(s->new, c->path)};
	own_strv struct strv names = {0};

	if (b.fd < 0 || statx(b.fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &b.st) < 0)
		return err_sys(e, "%.300s", c->path);
	if (subvolsend_names(s->old, b.st.stx_ino, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n && !c->from; i++) {
		own_filediff struct filediff a = {.fd = subdiff_open(s->old, names.v[i])};
		own_filediff struct filediff now = {.fd = subdiff_open(s->new, names.v[i])};
		unsigned mask = STATX_BASIC_STATS | STATX_BTIME;

		if (a.fd < 0 || statx(a.fd, "", AT_EMPTY_PATH, mask, &a.st) < 0 ||
		    !filediff_same(&a, &b))
			continue;
		if (now.fd < 0 || statx(now.fd, "", AT_EMPTY_PATH, mask, &now.st) < 0 ||
		    !filediff_same(&now, &b))
			c->from = str_dup(names.v[i]);
	}
	return 0;
}

static int find_origins(const struct search *s, struct err *e)
{
	for (size_t i = 0; i < s->out->n; i++)
		if (s->out->v[i].kind == 'A' && find_origin(s, &s->out->v[i], e) < 0)
			return -1;
	return 0;
}

static int search(struct search *s, struct err *e)
{
	if (s->old < 0)
		candidates_add(&s->list, ".", 0, 0);
	else if (candidates_read(&s->list, s->old, s->new, e) < 0)
		return -1;
	candidates_sort(&s->list);
	do {
		if (compare_all(s, e) < 0)
			return -1;
	} while (s->more && s->old >= 0);
	return s->old < 0 ? 0 : find_origins(s, e);
}

int subdiff_find(int old, int new, struct subdiff *out, struct err *e)
{
	struct search s = {.old = old, .new = new, .out = out};
	int r;

	*out = (struct subdiff){0};
	r = search(&s, e);
	candidates_free(&s.list);
	buf_free(&s.path);
	if (r < 0)
		subdiff_free(out);
	return r;
}

void subdiff_free(struct subdiff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->v[i].path);
		free(d->v[i].from);
	}
	free(d->v);
	*d = (struct subdiff){0};
}
