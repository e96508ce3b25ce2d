#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"

static int open_resolved(int root, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	/*
	 * EAGAIN: a concurrent rename prevented the check of "..", or a lease is held. A
	 * container can cause both for ever, so the number of tries is limited.
	 */
	for (int tries = 0; tries < 1000; tries++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

int path_open(int root, const char *path, int flags, mode_t mode)
{
	return open_resolved(root, path, flags, mode, RESOLVE_IN_ROOT);
}

bool path_is_dir(int root, const char *path)
{
	own_fd int fd = path_open(root, path, O_PATH | O_DIRECTORY, 0);

	return fd >= 0;
}

int path_open_beneath(int root, const char *path, int flags)
{
	return open_resolved(root, path, flags, 0, RESOLVE_BENEATH);
}

enum { LINKS_MAX = 40 }; /* as many as the kernel follows */

/*
 * Appends the resolved components of path to done; counts symbolic links in *left. A link
 * beyond LINKS_MAX is dropped from the path.
 */
static void lead(int root, const char *path, int *left, struct buf *done)
{
	own_strv struct strv parts = {0};

	strv_split(&parts, path, '/');
	if (*path == '/')
		done->len = 0;
	for (size_t i = 0; i < parts.n; i++) {
		own_fd int dir = -1;
		char link[PATH_MAX];
		ssize_t n;

		if (!*parts.v[i] || str_equal(parts.v[i], "."))
			continue;
		if (str_equal(parts.v[i], "..")) {
			while (done->len && done->data[--done->len] != '/')
				continue;
			continue;
		}
		done->data[done->len] = '\0';
		dir = path_open(root, done->len ? done->data : "/", O_PATH | O_DIRECTORY, 0);
		n = dir < 0 ? -1 : readlinkat(dir, parts.v[i], link, sizeof(link) - 1);
		if (n < 0) {
			buf_fmt(done, "/%s", parts.v[i]);
		} else if (*left > 0) {
			--*left;
			link[n] = '\0';
			lead(root, link, left, done);
		}
	}
	done->data[done->len] = '\0';
}

char *path_resolved(int root, const char *path)
{
	struct buf done = {0};
	int left = LINKS_MAX;

	buf_str(&done, "");
	lead(root, path, &left, &done);
	if (!done.len)
		buf_str(&done, "/");
	return done.data;
}

int path_mkdirs(int root, const char *path, mode_t mode, struct err *e)
{
	own_fd int dir = -1, up = -1;
	own_str char *copy = str_dup(path);
	char *name;
	int fd = path_open(root, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return err_sys(e, "%s", path);
	name = strrchr(copy, '/');
	if (name && name[1] == '\0') { /* "a/b/" means "a/b" */
		*name = '\0';
		return path_mkdirs(root, copy, mode, e);
	}
	if (name)
		*name++ = '\0';
	else
		name = copy;
	up = name == copy ? path_open(root, "/", O_PATH | O_DIRECTORY, 0)
			  : path_mkdirs(root, *copy ? copy : "/", mode, e);
	if (up < 0)
		return -1;
	if (explained(mkdirat(up, name, mode), "mkdirat(%d, \"%s\", 0%o)", up, name, mode) < 0 &&
	    errno != EEXIST)
		return err_sys(e, "make directory %s", path);
	dir = path_open(root, path, O_PATH | O_DIRECTORY, 0);
	if (dir < 0 && errno == ENOENT)
		return err_code(e, ENOENT, "%s: dangling symbolic link", path);
	return dir < 0 ? err_sys(e, "%s", path) : take_fd(&dir);
}

int path_mkfile(int root, const char *path, mode_t mode, struct err *e)
{
	own_str char *parent = str_dup(path);
	own_fd int fd = path_open(root, path, O_PATH, 0);
	own_fd int up = -1;
	char *slash = strrchr(parent, '/');

	if (fd >= 0)
		return take_fd(&fd);
	if (errno != ENOENT)
		return err_sys(e, "%s", path);
	if (slash && slash != parent) {
		*slash = '\0';
		up = path_mkdirs(root, parent, 0755, e);
		if (up < 0)
			return -1;
	}
	/* O_NONBLOCK: a FIFO may have appeared here meanwhile. */
	fd = explained(path_open(root, path, O_RDONLY | O_CREAT | O_NONBLOCK | O_NOCTTY, mode),
		       "openat2(%d, \"%s\", {O_CREAT, 0%o, RESOLVE_IN_ROOT})", root, path, mode);
	if (fd < 0)
		return err_sys(e, "make %s", path);
	return take_fd(&fd);
}
