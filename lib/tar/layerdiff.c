#include "tar/layerdiff.h"

#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "tar/filediff.h"
#include "tar/subdiff.h"
#include "tar/tarwrite.h"

static const char mark[] = ".wh.";

/* An inode with several names, and the name that the layer has for it. */
struct layer_seen {
	uint64_t ino;
	const char *path;
};

struct differing {
	int new;
	struct tarwriter *to;
	void *links;
};

static int by_inode(const void *a, const void *b)
{
	const struct layer_seen *x = a, *y = b;

	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

/* The earlier name of the inode; NULL if this is the first. */
static const char *earlier(struct differing *j, uint64_t ino, const char *path)
{
	struct layer_seen *s = mem_alloc(sizeof(*s)), **in;

	*s = (struct layer_seen){ino, path};
	in = tsearch(s, &j->links, by_inode);
	if (!in)
		abort(); /* out of memory: see str.h */
	if (*in == s)
		return NULL;
	free(s);
	return (*in)->path;
}

static int white_out(const struct differing *j, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	own_str char *name = str_fmt("%.*s%s%s", (int)(base - path), path, mark, base);

	return tarwriter_mark(j->to, name, e);
}

/* "." may be reported too: a root directory cannot be deleted, but change. */
static int write_change(struct differing *j, const struct subdiff_change *c, struct err *e)
{
	const char *slash = strrchr(c->path, '/'), *base = slash ? slash + 1 : c->path;
	own_fd int fd = -1;
	struct stat st;

	if (S_ISSOCK(c->mode) && c->kind != 'D')
		/*
		 * A socket cannot be in a layer, so the layer deletes a file that a socket
		 * replaced.
		 */
		return c->kind == 'C' && c->what & DIFF_TYPE ? white_out(j, c->path, e) : 0;
	if (str_starts(base, mark))
		return err_set(e,
			       "%.300s: a layer cannot hold a file whose name begins with \".wh.\"",
			       c->path);
	if (c->kind == 'D')
		return white_out(j, c->path, e);
	fd = subdiff_open(j->new, c->path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "%.300s", c->path);
	return tarwriter_add(
		j->to, fd, c->path,
		!S_ISDIR(st.st_mode) && st.st_nlink > 1 ? earlier(j, st.st_ino, c->path) : NULL, e);
}

int layerdiff_write_changes(const struct subdiff *changes, int new, int to, const char *target,
			    treecopy_progress *progress, struct err *e)
{
	struct packing p = {.target = target, .progress = progress};
	struct differing j = {.new = new, .to = tarwriter_begin(&p, to, e)};
	int r = 0;

	if (!j.to)
		return -1;
	for (size_t i = 0; r == 0 && i < changes->n; i++)
		r = write_change(&j, &changes->v[i], e);
	tdestroy(j.links, free);
	return tarwriter_end(j.to, r == 0, e) < 0 ? -1 : r;
}

int layerdiff_write(int old, int new, int to, const char *target, treecopy_progress *progress,
		    struct err *e)
{
	own_subdiff struct subdiff changes = {0};

	if (subdiff_find(old, new, &changes, e) < 0)
		return -1;
	return layerdiff_write_changes(&changes, new, to, target, progress, e);
}
