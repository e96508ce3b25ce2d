#include "tar/treewalk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"

/*
 * DEPTH_MAX limits the use of the stack. SHOWN limits a path in a message: a longer one would
 * push the reason out.
 */
enum { DEPTH_MAX = 1000, SHOWN = 300 };

/* An inode with several names, and its first path beneath the top. */
struct seen {
	uint64_t dev, ino;
	char name[];
};

static int by_inode(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

void treewalk_end(struct treewalk *w)
{
	tdestroy(w->links, free);
	buf_free(&w->path);
}

void walked_close(struct walked *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

const char *treewalk_below(const struct treewalk *w)
{
	return w->path.len > w->top ? w->path.data + w->top + 1 : ".";
}

int treewalk_failed(const struct treewalk *w, const char *doing, struct err *e)
{
	size_t cut = w->path.len > SHOWN ? w->path.len - SHOWN : 0;

	return err_sys(e, "%s%s%s", doing, cut ? "..." : "", w->path.data + cut);
}

const char *treewalk_earlier(struct treewalk *w, const struct walked *f)
{
	const char *name = treewalk_below(w);
	struct seen *s = mem_alloc(sizeof(*s) + strlen(name) + 1), **in;

	s->dev = makedev(f->st.stx_dev_major, f->st.stx_dev_minor);
	s->ino = f->st.stx_ino;
	memcpy(s->name, name, strlen(name) + 1);
	in = tsearch(s, &w->links, by_inode);
	if (!in)
		abort(); /* out of memory: see str.h */
	if (*in == s)
		return NULL;
	free(s);
	return (*in)->name;
}

bool treewalk_same(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
		a->stx_dev_minor == b->stx_dev_minor;
}

/*
 * Identifies a file and closes fd (O_PATH). Only a directory may be opened
 * before its kind is known.
 */
static int know(int fd, struct walked *f)
{
	own_fd int path = fd;

	if (path < 0 ||
	    statx(path, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID,
		  &f->st) < 0)
		return -1;
	f->fd = S_ISDIR(f->st.stx_mode) ? openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					: take_fd(&path);
	return f->fd < 0 ? -1 : 0;
}

int treewalk_begin(struct treewalk *w, int from, const char *path, struct walked *file,
		   struct err *e)
{
	buf_str(&w->path, path);
	w->top = w->path.len;
	*file = (struct walked){.fd = -1, .name = "."};
	if (know(fcntl(from, F_DUPFD_CLOEXEC, 3), file) < 0)
		return treewalk_failed(w, "", e);
	w->mount = file->st.stx_mnt_id;
	return 0;
}

static int visit_entry(struct treewalk *w, int dir, const char *name, void *here, struct err *e)
{
	own_walked struct walked f = {.fd = -1, .name = name};

	if (know(openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), &f) < 0)
		return w->live && errno == ENOENT ? 0 : treewalk_failed(w, "", e);
	f.mounted = f.st.stx_mnt_id != w->mount;
	for (size_t i = 0; f.mounted && i < w->mounts_n; i++)
		f.mounted = f.st.stx_mnt_id != w->mounts[i];
	return w->visit(w, &f, here, e);
}

int treewalk_into(struct treewalk *w, const struct walked *dir, void *here, struct err *e)
{
	/* Not readdir(3): closedir(3) would close the descriptor, which is still needed. */
	_Alignas(struct dirent) char entries[4096];
	size_t above = w->path.len;
	const struct dirent *entry;
	ssize_t n;
	int r;

	if (w->depth == DEPTH_MAX) {
		err_set(e, "more than %d directories deep", DEPTH_MAX);
		return err_wrap(e, "%.*s...", SHOWN, w->path.data);
	}
	w->depth++;
	while ((n = getdents64(dir->fd, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < n; at += entry->d_reclen) {
			entry = (const void *)(entries + at);
			if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
				continue;
			buf_fmt(&w->path, "/%s", entry->d_name);
			r = visit_entry(w, dir->fd, entry->d_name, here, e);
			w->path.data[w->path.len = above] = '\0';
			if (r < 0)
				return -1;
		}
	w->depth--;
	return n < 0 ? treewalk_failed(w, "", e) : 0;
}

ssize_t treewalk_read_link(const struct treewalk *w, const struct walked *f,
			   char target[PATH_MAX + 1], struct err *e)
{
	ssize_t n = readlinkat(f->fd, "", target, PATH_MAX);

	if (n < 0)
		return treewalk_failed(w, "", e);
	target[n] = '\0';
	return n;
}

int treewalk_open(const struct treewalk *w, const struct walked *f, struct err *e)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? treewalk_failed(w, "", e) : fd;
}

static bool attribute_kept(const char *name)
{
	return str_starts(name, "user.") || str_starts(name, "trusted.") ||
		str_starts(name, "security.") || str_starts(name, "system.posix_acl_");
}

/* Reads an attribute or, with name NULL, the list of names. The caller frees the value. */
static ssize_t read_attribute(const char *path, const char *name, char **value)
{
	ssize_t n, room;

	*value = NULL;
	do { /* the value may grow between the two calls */
		room = name ? getxattr(path, name, NULL, 0) : listxattr(path, NULL, 0);
		if (room <= 0)
			return room;
		*value = mem_grow(*value, (size_t)room + 1, 1);
		n = name ? getxattr(path, name, *value, (size_t)room)
			 : listxattr(path, *value, (size_t)room);
	} while (n < 0 && errno == ERANGE);
	if (n >= 0)
		(*value)[n] = '\0';
	return n;
}

int treewalk_attributes(const struct treewalk *w, const struct walked *f, treewalk_attribute *one,
			void *arg, struct err *e)
{
	own_str char *names = NULL;
	char path[40];
	ssize_t n;

	/* This /proc link leads to the file itself, even if the file is a symbolic link. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	n = read_attribute(path, NULL, &names);
	if (n <= 0)
		return n == 0 || errno == EOPNOTSUPP
			? 0
			: treewalk_failed(w, "read the attributes of ", e);
	for (const char *p = names; p < names + n; p += strlen(p) + 1) {
		own_str char *value = NULL;
		ssize_t size;

		if (!attribute_kept(p))
			continue;
		size = read_attribute(path, p, &value);
		if (size < 0 && w->live && errno == ENODATA)
			continue;
		if (size >= 0 && one(p, value ? value : "", (size_t)size, arg) == 0)
			continue;
		treewalk_failed(w, "", e);
		return err_wrap(e, "attribute %s", p);
	}
	return 0;
}
