#include "build/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "build/glob.h"
#include "build/ignore.h"

static int open_at(const struct sources *s, const char *path, int flags)
{
	return s->confined ? path_open_beneath(s->root, path, flags)
			   : path_open(s->root, path, flags, 0);
}

static int failed(const struct sources *s, const char *path, struct err *e)
{
	if (errno == EXDEV || errno == ELOOP)
		return err_set(e, "%s: leads out of %s", path, s->what);
	if (errno == ENOENT || errno == ENOTDIR)
		return err_set(e, "%s: no such file in %s", path, s->what);
	return err_sys(e, "%s", path);
}

int sources_open(const struct sources *s, const char *path, struct err *e)
{
	int fd = open_at(s, path, O_PATH);

	return fd < 0 ? failed(s, path, e) : fd;
}

static char *joined(const char *dir, const char *name)
{
	return str_equal(dir, ".") ? str_dup(name) : str_fmt("%s/%s", dir, name);
}

/* Adds the entries of a directory that match. inner: more components follow, so only directories
 * count, and no links to directories, as in Go. */
static int match_in(const struct sources *s, const char *dir, const char *pattern, bool inner,
		    struct strv *out, struct err *e)
{
	own_dir DIR *d = NULL;
	int fd = open_at(s, dir, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	struct stat st;

	if (fd < 0) /* not a directory: no match */
		return errno == ENOTDIR || errno == ENOENT ? 0 : failed(s, dir, e);
	d = fdopendir(fd);
	if (!d)
		return err_sys(e, "%s", dir);
	while ((errno = 0, entry = readdir(d))) {
		if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, "..") ||
		    glob_match(pattern, entry->d_name) != 1)
			continue;
		if (!inner ||
		    (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		     S_ISDIR(st.st_mode)))
			strv_take(out, joined(dir, entry->d_name));
	}
	return errno ? err_sys(e, "%s", dir) : 0;
}

/* Matches one component of the source's path in each of the directories found so far. */
static int step_into(const struct sources *s, const struct strv *dirs, const char *part, bool inner,
		     struct strv *out, struct err *e)
{
	for (size_t i = 0; i < dirs->n; i++) {
		own_str char *plain = glob_is(part) ? NULL : glob_plain(part);

		if (plain)
			strv_take(out, joined(dirs->v[i], plain));
		else if (match_in(s, dirs->v[i], part, inner, out, e) < 0)
			return -1;
	}
	return 0;
}

/* Keeps the paths that exist and are not excluded. plain: the source has no wildcard, so its one
 * path is required. */
static int keep(const struct sources *s, const struct strv *found, bool plain, struct strv *out,
		struct err *e)
{
	for (size_t i = 0; i < found->n; i++) {
		const char *path = found->v[i];
		own_fd int fd = open_at(s, path, O_PATH);
		struct stat st;

		if (fd < 0) {
			if (!plain && (errno == ENOENT || errno == ENOTDIR))
				continue;
			return failed(s, path, e);
		}
		if (fstat(fd, &st) < 0)
			return err_sys(e, "%s", path);
		/* "!" may include files of an excluded directory again. */
		if (s->ignore && !str_equal(path, ".") && ignore_has_path(s->ignore, path) &&
		    !(S_ISDIR(st.st_mode) && s->ignore->exceptions)) {
			if (!plain)
				continue;
			return err_set(e, "%s: excluded by .dockerignore", path);
		}
		strv_add(out, path);
	}
	return 0;
}

int sources_find(const struct sources *s, const char *source, struct strv *out, struct err *e)
{
	own_strv struct strv parts = {0}, found = {0};

	if (glob_match(source, "") < 0)
		return err_set(e, "%s: not a pattern", source);
	strv_split(&parts, source, '/');
	strv_add(&found, ".");
	for (size_t i = 0; i < parts.n; i++) {
		struct strv next = {0};

		if (!*parts.v[i])
			continue;
		if (step_into(s, &found, parts.v[i], i + 1 < parts.n, &next, e) < 0) {
			strv_free(&next);
			return -1;
		}
		strv_free(&found);
		found = next;
	}
	strv_sort(&found, 0);
	return keep(s, &found, !glob_is(source), out, e);
}
