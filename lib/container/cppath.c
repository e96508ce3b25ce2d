#include "container/cppath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"

void source_close(struct source *s)
{
	shut_fd(&s->fd);
	free(take_ptr(&s->name));
}

void dest_close(struct dest *d)
{
	shut_fd(&d->dir);
	free(take_ptr(&d->name));
}

static int look_up(const struct cppath *p, const char *path, int flags)
{
	return p->root < 0 ? open(path, flags | O_CLOEXEC) : path_open(p->root, path, flags, 0);
}

/*
 * The last part of a path, without trailing "/" ("" for "/"). *at is its offset. The caller frees
 * the result.
 */
static char *last_part(const char *path, size_t *at)
{
	size_t end = strlen(path);

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (*at = end; *at > 0 && path[*at - 1] != '/'; --*at)
		continue;
	return str_dup_n(path + *at, end - *at);
}

static bool is_no_name(const char *part)
{
	return *part == '\0' || str_equal(part, ".") || str_equal(part, "..");
}

int source_find(const struct cppath *p, struct source *s, struct err *e)
{
	struct stat st;
	size_t at;

	*s = (struct source){look_up(p, p->path, O_PATH), false, NULL};
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_sys(e, "%s", p->shown);
	s->dir = S_ISDIR(st.st_mode);
	s->name = last_part(p->path, &at);
	if (is_no_name(s->name))
		free(take_ptr(&s->name));
	return 0;
}

/* Follows the symbolic links of a path to the directory and name of the target, which may not
 * exist. */
static int follow(const struct cppath *p, struct dest *d, struct err *e)
{
	enum { LINKS_MAX = 40 }; /* the kernel's limit */
	own_str char *path = str_dup(p->path);
	char target[PATH_MAX];
	ssize_t n;

	for (int i = 0; i < LINKS_MAX; i++) {
		own_str char *up = NULL;
		size_t at;

		dest_close(d);
		d->name = last_part(path, &at);
		if (is_no_name(d->name)) {
			errno = ENOENT;
			break;
		}
		up = str_dup_n(path, at);
		d->dir = look_up(p, *up ? up : ".", O_PATH | O_DIRECTORY);
		if (d->dir < 0)
			break;
		n = readlinkat(d->dir, d->name, target, sizeof(target) - 1);
		if (n < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : err_sys(e, "%s", p->shown);
		target[n] = '\0';
		free(path);
		path = *target == '/' ? str_dup(target) : str_fmt("%s%s", up, target);
		errno = ELOOP;
	}
	return err_sys(e, "%s", p->shown);
}

static int replace_or_make(const struct cppath *p, const struct source *s, struct dest *d,
			   struct err *e)
{
	size_t n = strlen(p->path);
	struct stat st;

	if (n > 0 && p->path[n - 1] == '/' && !s->dir)
		return err_set(e, "%s: no such directory", p->shown);
	if (follow(p, d, e) < 0)
		return -1;
	if (fstatat(d->dir, d->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", p->shown);
	if (s->dir)
		return err_set(e, "%s: not a directory, and a directory does not replace it",
			       p->shown);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s: neither a file nor a directory", p->shown);
	return 0;
}

int dest_find(const struct cppath *p, const struct source *s, struct dest *d, struct err *e)
{
	*d = (struct dest){look_up(p, p->path, O_PATH | O_DIRECTORY), NULL};
	if (d->dir < 0)
		return errno == ENOENT || errno == ENOTDIR ? replace_or_make(p, s, d, e)
							   : err_sys(e, "%s", p->shown);
	d->name = str_dup(s->name);
	return 0;
}

int dest_find_dir(const struct cppath *p, struct dest *d, struct err *e)
{
	*d = (struct dest){look_up(p, p->path, O_PATH | O_DIRECTORY), NULL};
	return d->dir < 0 ? err_sys(e, "%s", p->shown) : 0;
}
