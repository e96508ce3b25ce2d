#include "tar/whiteout.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/subvol.h"
#include "tar/tarentry.h"

enum { KEPT_MAX = 128 << 20, DEPTH_MAX = 1000 };

/* A directory of a lower layer that the layer changes, or whose entry the layer has. */
struct dir {
	ino_t ino;
	char *path;               /* a path that led to it */
	struct timespec times[2]; /* set at the end */
	bool entered;             /* the layer has an entry for it */
	bool opaque;              /* it holds no files of lower layers any more */
};

/* A hard link of this layer to a file of a lower layer. */
struct link {
	ino_t dir;
	const char *name;
};

static int compare_dirs(const void *a, const void *b)
{
	const struct dir *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return x->dir < y->dir ? -1 : x->dir > y->dir ? 1 : strcmp(x->name, y->name);
}

/* Counts memory for a copy of this text. */
static int take_room(struct whiteout *l, const char *text, struct err *e)
{
	l->kept += strlen(text) + 128;
	return l->kept > KEPT_MAX
		? err_set(e, "%.*s: too many directories and hard links (limit: 128 MiB of memory)",
			  NAME_SHOWN, text)
		: 0;
}

int whiteout_begin(struct whiteout *l, struct err *e)
{
	struct stat st;

	*l = (struct whiteout){.mark = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
	if (l->mark < 0 || fstat(l->mark, &st) < 0)
		return err_sys(e, "make an unnamed file in the layer's root directory");
	l->last = st.st_ino;
	return 0;
}

/* Finds or adds the record of a directory; NULL with the error. */
static struct dir *know_dir(struct whiteout *l, const struct stat *st, const char *path,
			    struct err *e)
{
	struct dir key = {.ino = st->st_ino}, **found = tfind(&key, &l->dirs, compare_dirs);
	struct dir *d;

	if (found)
		return *found;
	if (take_room(l, path, e) < 0)
		return NULL;
	d = mem_alloc(sizeof(*d));
	*d = (struct dir){
		st->st_ino, str_dup(path), {{.tv_nsec = UTIME_OMIT}, st->st_mtim}, false, false};
	if (!tsearch(d, &l->dirs, compare_dirs))
		abort();
	return d;
}

static int know_link(struct whiteout *l, ino_t dir, const char *name, struct err *e)
{
	struct link key = {dir, name}, *k;

	if (tfind(&key, &l->links, compare_links))
		return 0;
	k = mem_alloc(sizeof(*k));
	*k = (struct link){dir, str_dup(name)};
	if (!tsearch(k, &l->links, compare_links))
		abort();
	return take_room(l, name, e);
}

/* --- whiteouts --- */

static int hide_inside(struct whiteout *l, int fd, int depth, struct err *e);

/*
 * Removes files of lower layers; keeps files of this layer and the
 * directories that lead to them.
 */
static int hide(struct whiteout *l, int dir, ino_t dir_ino, const char *name, int depth,
		struct err *e)
{
	struct link link = {dir_ino, name};
	own_fd int fd = -1;
	struct dir **known;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", name);
	/* A directory of this layer holds no files of lower layers. */
	if (st.st_ino > l->last || tfind(&link, &l->links, compare_links))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0) < 0 ? err_sys(e, "hide %s", name) : 0;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", name);
	known = tfind(&(struct dir){.ino = st.st_ino}, &l->dirs, compare_dirs);
	if (!known || !(*known)->opaque) {
		if (hide_inside(l, fd, depth + 1, e) < 0)
			return -1;
		/* Further whiteouts of this directory need not search it again. */
		if (known)
			(*known)->opaque = true;
	}
	if (known && (*known)->entered)
		return 0;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY)
		return err_sys(e, "hide %s", name);
	return 0;
}

static int hide_inside(struct whiteout *l, int fd, int depth, struct err *e)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;
	struct stat st;

	if (!d || fstat(fd, &st) < 0)
		return err_sys(e, "hide a directory");
	if (depth == DEPTH_MAX)
		return err_set(e, "hide a directory: more than %d deep", DEPTH_MAX);
	while ((errno = 0, entry = readdir(d)))
		if (!str_equal(entry->d_name, ".") && !str_equal(entry->d_name, "..") &&
		    hide(l, fd, st.st_ino, entry->d_name, depth, e) < 0)
			return -1;
	return errno ? err_sys(e, "hide a directory") : 0;
}

/*
 * Applies a whiteout. base: the last part of the entry's name, which starts with ".wh.". dir is
 * -1 if the parent directory does not exist.
 */
static int white_out(struct whiteout *l, int dir, struct dir *known, ino_t ino, const char *base,
		     const char *name, struct err *e)
{
	const char *hidden = base + strlen(".wh.");
	int r;

	if (str_equal(hidden, "") || str_equal(hidden, ".") || str_equal(hidden, ".."))
		return err_set(e, "%.*s: invalid whiteout name", NAME_SHOWN, name);
	if (dir < 0)
		return 1;
	if (!str_starts(hidden, ".wh."))
		r = hide(l, dir, ino, hidden, 0, e);
	else if (str_equal(hidden, ".wh..opq") && known && !known->opaque)
		known->opaque = true, r = hide_inside(l, dir, 0, e);
	else
		r = 0;
	return r < 0 ? err_wrap(e, "%.*s", NAME_SHOWN, name) : 1;
}

/* --- entries --- */

/*
 * The layer's entry describes the directory completely, so attributes of lower
 * layers are removed.
 */
static int clear_attributes(const char *path, struct err *e)
{
	char names[1 << 16];
	ssize_t n = llistxattr(path, names, sizeof(names));

	if (n < 0)
		return err_sys(e, "%.*s: clear its attributes", NAME_SHOWN, path);
	for (const char *p = names; p < names + n; p += strlen(p) + 1)
		if ((str_starts(p, "user.") || str_starts(p, "system.posix_acl_")) &&
		    lremovexattr(path, p) < 0)
			return err_sys(e, "%.*s: clear its attributes", NAME_SHOWN, path);
	return 0;
}

static int enter_dir(struct whiteout *l, struct archive_entry *entry, const struct stat *st,
		     const char *name, struct err *e)
{
	struct dir *d = know_dir(l, st, name, e);

	if (!d)
		return -1;
	d->entered = true;
	if (archive_entry_mtime_is_set(entry))
		d->times[1] = (struct timespec){archive_entry_mtime(entry),
						archive_entry_mtime_nsec(entry)};
	return clear_attributes(name, e);
}

static int make_way(struct whiteout *l, int dir, ino_t ino, struct archive_entry *entry,
		    const char *base, const char *name, struct err *e)
{
	const char *target = archive_entry_hardlink(entry);
	struct stat st;

	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISDIR(st.st_mode) && !target && archive_entry_filetype(entry) == AE_IFDIR)
			return enter_dir(l, entry, &st, name, e);
		if (subvol_erase(dir, base, e) < 0)
			return err_wrap(e, "%.*s", NAME_SHOWN, name);
	} else if (errno != ENOENT) {
		return err_sys(e, "%.*s", NAME_SHOWN, name);
	}
	if (target && lstat(target, &st) == 0 && st.st_ino <= l->last)
		return know_link(l, ino, base, e);
	return 0;
}

bool whiteout_concerns(const char *name)
{
	const char *slash = strrchr(name, '/');

	return str_starts(name, ".wh.") || str_starts(slash ? slash + 1 : name, ".wh.");
}

int whiteout_enter(struct whiteout *l, const struct stat *st, const char *path, struct err *e)
{
	return st->st_ino <= l->last && !know_dir(l, st, path, e) ? -1 : 0;
}

int whiteout_prepare(struct whiteout *l, struct archive_entry *entry, const char *name,
		     struct err *e)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	own_str char *parent = slash ? str_dup_n(name, (size_t)(slash - name)) : str_dup(".");
	own_fd int dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st = {0};
	struct dir *known = NULL;

	if (str_starts(name, ".wh..wh.") && !str_equal(name, ".wh..wh..opq"))
		return 1;
	if (dir < 0 ? errno != ENOENT && errno != ENOTDIR : fstat(dir, &st) < 0)
		return err_sys(e, "%.*s", NAME_SHOWN, name);
	/*
	 * A directory of this layer gets the times of its entry, which
	 * libarchive sets at the end.
	 */
	if (dir >= 0 && st.st_ino <= l->last && !(known = know_dir(l, &st, parent, e)))
		return -1;
	if (str_starts(base, ".wh."))
		return white_out(l, dir, known, st.st_ino, base, name, e);
	/* Without a parent directory no file is in the way. */
	return dir < 0 ? 0 : make_way(l, dir, st.st_ino, entry, base, name, e);
}

static void set_times(const void *node, VISIT when, void *arg)
{
	const struct dir *d = *(struct dir *const *)node;
	struct err *e = arg;
	own_fd int fd = -1;
	struct stat st;

	if (when != postorder && when != leaf)
		return;
	fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A directory that was replaced has no times to set. */
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == d->ino && futimens(fd, d->times) < 0)
		err_sys(e, "%.*s: set its times", NAME_SHOWN, d->path);
}

int whiteout_end(struct whiteout *l, struct err *e)
{
	*e = (struct err){0};
	twalk_r(l->dirs, set_times, e);
	return e->msg[0] ? -1 : 0;
}
