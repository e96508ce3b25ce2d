/* Writes images to an archive that ct-init, podman, skopeo and docker read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "cmd.h"
#include "image/outgoing.h"
#include "image/save.h"
#include "store/layerstore.h"
#include "store/names.h"
#include "store/store.h"

struct save_args {
	const char *output;
	enum save_format format;
};

static int read_format(void *to, const char *text, struct err *e)
{
	/* The longer names are podman's. */
	bool docker = str_equal(text, "docker") || str_equal(text, "docker-archive");

	if (!docker && !str_equal(text, "oci") && !str_equal(text, "oci-archive"))
		return err_set(e, "%s: not oci or docker", text);
	*(enum save_format *)to = docker ? SAVE_DOCKER : SAVE_OCI;
	return 0;
}

static const struct opt opts[] = {
	OPT_TEXT(struct save_args, output, 'o', "output", "FILE|-",
		 "write to FILE (default: standard output)"),
	OPT_FORM(struct save_args, format, 0, "format", "oci|docker",
		 "write an OCI archive, or one for 'docker load' (default: oci)", read_format),
	OPT_INSTEAD(0, "compress", "use 'ct save IMAGE | gzip'"),
	OPT_INSTEAD('m', "multi-image-archive", "not needed: several images go into one archive"),
	OPT_INSTEAD('q', "quiet", "not needed: progress is shown on a terminal only"),
	OPT_INSTEAD(0, "uncompressed", "not offered: layers from a registry stay as they are"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-save",
	.operands = "IMAGE...",
	.purpose = "Write images to an archive",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static treecopy_progress *progress(void)
{
	return cmd_has_bar() ? cmd_progress : NULL;
}

/* The destination of the archive. A file gets its name when it is complete. */
struct output {
	int fd;
	const char *name; /* in messages */
	char *path;       /* the file that is made; NULL: written directly */
	char *part;       /* a temporary name while it is incomplete; NULL: none */
};

static void output_close(struct output *out)
{
	own_close(&out->fd);
	if (out->part)
		unlink(out->part);
	free(out->path);
	free(out->part);
}

static int open_part(struct output *out, struct err *e)
{
	own_str char *dir = str_dup(out->path);
	char *slash = strrchr(dir, '/');

	if (slash)
		slash[slash == dir] = '\0';
	out->fd = open(slash ? dir : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (out->fd < 0 &&
	    (errno == EOPNOTSUPP ||
	     errno == EISDIR)) { /* this file system has no unnamed files (O_TMPFILE) */
		out->part = str_fmt("%s.part", out->path);
		out->fd = open(out->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			       0666);
	}
	return out->fd < 0 ? err_sys(e, "%s", out->name) : 0;
}

static int output_open(const char *path, struct output *out, struct err *e)
{
	struct stat st;

	if (!path || strcmp(path, "-") == 0) {
		out->name = "standard output";
		if (isatty(STDOUT_FILENO))
			return err_set(e, "%s is a terminal", out->name);
		out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		return out->fd < 0 ? err_sys(e, "%s", out->name) : 0;
	}
	out->name = path;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) { /* a FIFO, or /dev/null */
		out->fd = open(path, O_WRONLY | O_CLOEXEC);
		return out->fd < 0 ? err_sys(e, "%s", path) : 0;
	}
	out->path = realpath(path, NULL); /* a symbolic link stays */
	if (!out->path)
		out->path = str_dup(path);
	return open_part(out, e);
}

static int output_finish(struct output *out, struct err *e)
{
	char self[40];

	if (out->path && !out->part) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
		if (linkat(AT_FDCWD, self, AT_FDCWD, out->path, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST)
			return err_sys(e, "%s", out->name);
		out->part = str_fmt("%s.part", out->path);
		if (unlink(out->part) < 0 && errno != ENOENT)
			return err_sys(e, "%s", out->part);
		if (linkat(AT_FDCWD, self, AT_FDCWD, out->part, AT_SYMLINK_FOLLOW) < 0)
			return err_sys(e, "%s", out->part);
	}
	if (close(take_fd(&out->fd)) < 0 || (out->part && rename(out->part, out->path) < 0))
		return err_sys(e, "%s", out->name);
	free(take_ptr(&out->part));
	return 0;
}

/* Opens the images. Two names of the same image make one image with two names. */
static int open_images(const struct store *s, char **refs, struct outgoing *images, size_t *n,
		       struct err *e)
{
	for (; *refs; refs++) {
		char id[ID_LEN];
		size_t i = 0;

		if (name_resolve(s, "img", *refs, id, e) < 0)
			return -1;
		while (i < *n && strcmp(images[i].id, id) != 0)
			i++;
		if ((i < *n ? outgoing_name(&images[i], *refs, e)
			    : outgoing_open(s, *refs, false, progress(), &images[(*n)++], e)) < 0)
			return -1;
	}
	return 0;
}

/* Bytes of all layers. A layer that several images have is written once. */
static uint64_t sum(const struct outgoing *images, size_t n)
{
	own_strv struct strv seen = {0};
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < images[i].n; k++) {
			const struct descriptor *blob = &images[i].layers[k].blob;

			if (strv_has(&seen, blob->digest))
				continue;
			strv_add(&seen, blob->digest);
			bytes += blob->size;
		}
	return bytes;
}

static int write_images(const struct outgoing *images, size_t n, enum save_format format,
			const struct output *out, struct err *e)
{
	cmd_bar_task("write", sum(images, n));
	return save_write(images, n, format, out->fd, out->name, progress(), e);
}

static int save(const struct store *s, char **refs, const struct save_args *args,
		struct outgoing *images, size_t *n, struct err *e)
{
	__attribute__((cleanup(output_close))) struct output out = {.fd = -1};
	own_fd int held = -1;
	int r;

	if (output_open(args->output, &out, e) < 0)
		return -1;
	/* All images are opened before the first layer is made. */
	for (char **ref = refs; *ref; ref++) {
		char id[ID_LEN];

		if (name_resolve(s, "img", *ref, id, e) < 0)
			return -1;
	}
	held = layerstore_hold(s, e);
	cmd_bar_task("make layers", 0);
	r = held < 0 || open_images(s, refs, images, n, e) < 0
		? -1
		: write_images(images, *n, args->format, &out, e);
	cmd_bar_end();
	return r < 0 ? -1 : output_finish(&out, e);
}

int main(int argc, char **argv)
{
	struct save_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct outgoing *images = mem_alloc((size_t)argc * sizeof(*images));
	own_store struct store s = STORE_NONE;
	struct err e;
	size_t n = 0;
	int failed;

	if (store_open(&s, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	if (*s.note)
		cmd_note("%s", s.note);
	failed = save(&s, operands, &args, images, &n, &e);
	while (n > 0)
		outgoing_close(&images[--n]);
	free(images);
	return failed ? cmd_failed(&e) : cmd_end(0);
}
