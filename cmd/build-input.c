/* ct-build: the context and the Dockerfile, from a directory or standard input. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "build.h"
#include "build/tarlike.h"
#include "tar/untar.h"

enum { FILE_MAX = 16 << 20 };

static int usage(struct err *e)
{
	return err_status(e, 2);
}

static int read_all(int fd, const char *shown, size_t max, struct buf *out, struct err *e)
{
	char chunk[1 << 16];
	ssize_t n;

	buf_str(out, "");
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_add(out, chunk, (size_t)n);
		if (out->len > max)
			return err_set(e, "%s: more than %zu MiB", shown, max >> 20);
	}
	return n < 0 ? err_sys(e, "%s", shown) : 0;
}

/* Reads a file that may be of any type; refuses all but regular files. */
static int read_file(int fd, const char *shown, struct buf *out, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s", shown);
	if (S_ISDIR(st.st_mode))
		err_set(e, "%s: is a directory", shown);
	else if (!S_ISREG(st.st_mode))
		err_set(e, "%s: not a regular file", shown);
	else
		return read_all(fd, shown, FILE_MAX, out, e);
	return usage(e);
}

/* --- the context --- */

/* Saves standard input in a file, because it is read twice. */
static int save_input(int dir, struct err *e)
{
	own_fd int file = openat(dir, "input", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char chunk[1 << 16];
	ssize_t n;

	if (file < 0)
		return err_sys(e, "keep standard input");
	unlinkat(dir, "input", 0);
	while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0)
		if (fd_write_all(file, chunk, (size_t)n) < 0)
			return err_sys(e, "keep standard input");
	if (n < 0 || lseek(file, 0, SEEK_SET) < 0)
		return err_sys(e, "standard input");
	return take_fd(&file);
}

/* Standard input is a tar with the context, or a Dockerfile for a build without a context. */
static int open_stream(struct input *in, const struct store *store, struct err *e)
{
	own_fd int file = -1;

	if (isatty(STDIN_FILENO)) {
		err_set(e, "standard input is a terminal");
		return usage(e);
	}
	if (draft_begin(store, &in->unpacked, e) < 0 ||
	    (file = save_input(in->unpacked.dir, e)) < 0)
		return -1;
	if (!tarlike(file))
		return read_file(file, "standard input", &in->text, e);
	if (mkdirat(in->unpacked.dir, "context", 0700) < 0)
		return err_sys(e, "%s/context", in->unpacked.name);
	in->context = openat(in->unpacked.dir, "context", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in->context < 0)
		return err_sys(e, "%s/context", in->unpacked.name);
	return untar_unpack(file, "standard input", in->context, NULL, e) < 0 ? -1 : 0;
}

static int open_context(struct input *in, const struct store *store, struct err *e)
{
	if (str_equal(in->operand, "-"))
		return open_stream(in, store, e);
	in->context = open(in->operand, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in->context >= 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		err_set(e, "%s: no such directory", in->operand);
	else
		err_sys(e, "%s", in->operand);
	return usage(e);
}

/* --- the Dockerfile --- */

/* The path relative to the context if its directory is in the context, so that links out of the
 * context are refused; otherwise NULL. */
static char *path_in_context(const struct input *in, const char *path)
{
	own_str char *top = realpath(in->operand, NULL), *up = str_dup(path), *dir = NULL;
	char *slash = strrchr(up, '/');
	const char *name = slash ? path + (slash - up) + 1 : path;
	size_t n = top ? strlen(top) : 0;

	if (slash)
		slash[slash == up] = '\0';
	dir = realpath(slash ? up : ".", NULL);
	if (!top || !dir || strncmp(dir, top, n) != 0 || (dir[n] && dir[n] != '/'))
		return NULL;
	return str_fmt("%s%s%s", dir[n] ? dir + n + 1 : "", dir[n] ? "/" : "", name);
}

/* Opens a file in the context, or (with -f) elsewhere. -1 with errno. */
static int open_beside(const struct input *in, const char *suffix)
{
	own_str char *path = str_fmt("%s%s", in->file ? in->file : "Dockerfile", suffix);
	own_str char *within = in->file && !str_equal(in->operand, "-") ? path_in_context(in, path)
									: str_dup(path);
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, fd;

	if (within)
		return in->context < 0 ? (errno = ENOENT, -1)
				       : path_open_beneath(in->context, within, flags);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 && errno == ENOENT && *path != '/'
		? path_open_beneath(in->context, path, flags)
		: fd;
}

static int read_dockerfile(struct input *in, struct err *e)
{
	own_fd int fd = -1;

	if (str_equal(in->file, "-")) {
		if (!str_equal(in->operand, "-"))
			return read_all(STDIN_FILENO, "standard input", FILE_MAX, &in->text, e);
		err_set(e, "--file -: standard input is the context");
		return usage(e);
	}
	if (in->text.data) /* read from standard input instead of a context */
		return 0;
	fd = open_beside(in, "");
	if (fd >= 0)
		return read_file(fd, in->shown, &in->text, e);
	if (errno == EXDEV || errno == ELOOP)
		return err_set(e, "%s: leads out of %s", in->shown, in->operand);
	if (errno == ENOENT || errno == ENOTDIR)
		err_set(e, "%s: no such file%s", in->shown,
			!in->file && faccessat(in->context, "Containerfile", F_OK, 0) == 0
				? " (use --file Containerfile)"
				: "");
	else
		err_sys(e, "%s", in->shown);
	return usage(e);
}

/* NAME.dockerignore beside the Dockerfile, or else .dockerignore in the context. */
static int read_ignore(struct input *in, struct err *e)
{
	own_fd int fd = str_equal(in->file, "-") ? -1 : open_beside(in, ".dockerignore");
	own_str char *shown = fd < 0 ? str_dup(".dockerignore")
				     : str_fmt("%s.dockerignore", in->shown);
	own_buf struct buf text = {0};

	if (in->context < 0)
		return 0;
	if (fd < 0)
		fd = path_open_beneath(in->context, ".dockerignore",
				       O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == EXDEV)
		return err_set(e, "%s: leads out of %s", shown, in->operand);
	if (fd < 0 && errno != ENOENT)
		return err_sys(e, "%s", shown);
	/* podman's file, which BuildKit does not read: without it, files would be copied that
	 * should not. */
	if (fd < 0)
		return faccessat(in->context, ".containerignore", F_OK, AT_SYMLINK_NOFOLLOW) == 0
			? err_set(e, ".containerignore: not read: name it .dockerignore")
			: 0;
	if (read_file(fd, shown, &text, e) < 0)
		return -1;
	if (strlen(text.data) != text.len)
		return err_set(e, "%s: a NUL byte: not a text", shown);
	return ignore_read(&in->ignore, text.data, e) < 0 ? err_wrap(e, "%s", shown) : 0;
}

int input_open(struct input *in, const struct store *store, struct err *e)
{
	in->shown = str_dup(in->file ? in->file : "Dockerfile");
	if (open_context(in, store, e) < 0 || read_dockerfile(in, e) < 0)
		return -1;
	return read_ignore(in, e);
}

void input_close(struct input *in, const struct store *store)
{
	shut_fd(&in->context);
	if (in->unpacked.dir >= 0)
		draft_drop(store, &in->unpacked);
	buf_free(&in->text);
	ignore_free(&in->ignore);
	free(take_ptr(&in->shown));
}
