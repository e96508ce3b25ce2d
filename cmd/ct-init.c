/* Makes an image from a directory, or from a tar archive or an image archive on standard input. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bar.h"
#include "base/explain.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/shell.h"
#include "cmd.h"
#include "image/archive.h"
#include "image/ocilayout.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/names.h"
#include "store/store.h"
#include "tar/treecopy.h"
#include "tar/untar.h"

struct init_args {
	const char *name;
	bool explain;
};

static const struct opt opts[] = {
	OPT_TEXT(struct init_args, name, 'n', "name", "NAME[:TAG]", "name the image"),
	OPT_INSTEAD('c', "change", "use 'ct build' with FROM and this instruction"),
	OPT_INSTEAD('i', "input", "use 'ct init - <FILE'"),
	OPT_INSTEAD('m', "message", "not offered: 'ct build' adds labels"),
	OPT_INSTEAD('q', "quiet", "not needed: progress is shown on a terminal only"),
	CMD_EXPLAIN(struct init_args),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-init",
	.operands = "DIR|-",
	.purpose = "Make an image from a directory, or from an archive (tar or image) on stdin",
	.opts = opts,
	.min = 1,
	.max = 1,
};

/* The source of the image. */
struct source {
	const char *operand;
	int fd; /* the directory, or standard input */
	bool tar;
	char *said; /* the text for the config's `source` */
};

/* A directory that contains the store would be copied into itself. */
static int check_outside_store(const char *dir, const struct store *s, struct err *e)
{
	own_str char *store = realpath(s->root_path, NULL);
	size_t n = strlen(dir);

	if (store && strncmp(store, dir, n) == 0 && (store[n] == '/' || store[n] == '\0' || n == 1))
		return err_set(e, "%s: contains the store (%s)", dir, s->root_path);
	return 0;
}

static int source_open(struct source *src, struct err *e)
{
	src->tar = strcmp(src->operand, "-") == 0;
	if (src->tar && isatty(STDIN_FILENO))
		return err_set(e, "standard input is a terminal");
	src->fd = src->tar ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			   : open(src->operand, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (src->fd < 0 && errno == ENOTDIR)
		return err_set(e, "%s: not a directory (an archive: 'ct init - <FILE')",
			       src->operand);
	if (src->fd >= 0)
		src->said = src->tar ? str_dup("-") : realpath(src->operand, NULL);
	return src->said ? 0 : err_sys(e, "%s", src->tar ? "standard input" : src->operand);
}

static void source_close(struct source *src)
{
	own_close(&src->fd);
	free(src->said);
}

static struct {
	int fd;
	uint64_t size;
} file; /* standard input, if it is a file, whose end is known */

static void file_progress(uint64_t entries, uint64_t bytes)
{
	own_str char *what = str_fmt("unpack, %llu files", (unsigned long long)entries);
	off_t at = lseek(file.fd, 0, SEEK_CUR);

	(void)bytes;
	cmd_bar(what, at < 0 ? 0 : (uint64_t)at, file.size);
}

static treecopy_progress *progress(const struct source *src)
{
	struct stat st;

	if (!cmd_has_bar())
		return NULL;
	cmd_bar_task(!src ? "import" : src->tar ? "unpack" : "copy", 0);
	if (!src || !src->tar || fstat(src->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return cmd_progress;
	file.fd = src->fd;
	file.size = (uint64_t)st.st_size;
	return file_progress;
}

/* Copies or unpacks the files into the draft's subvolume. */
static int fill(int rootfs, const struct source *src, struct err *e)
{
	own_strv struct strv mounts = {0};
	int r = src->tar ? untar_unpack(src->fd, "standard input", rootfs, progress(src), e)
			 : treecopy_copy(src->fd, src->operand, rootfs, &mounts, progress(src), e);

	cmd_bar_end();
	/* The words of tar --one-file-system. */
	for (size_t i = 0; r == 0 && i < mounts.n; i++)
		cmd_note("%s: mount point left out", mounts.v[i]);
	return r;
}

/* Imports the image archive (OCI or docker save) that was unpacked into dir. */
static int take_archive(const struct store *s, int dir, const char *name, struct strv *ids,
			struct err *e)
{
	own_strv struct strv moved = {0};
	const struct archive_import in = {.store = s,
					  .dir = dir,
					  .what = "standard input",
					  .name = name,
					  .progress = progress(NULL),
					  .moved = &moved};
	int r = archive_import(&in, ids, e);

	cmd_bar_end();
	for (size_t i = 0; r == 0 && i < moved.n; i++)
		cmd_note("%s", moved.v[i]);
	return r;
}

/* Explains the shell commands that make such an image in a subvolume beside the images. */
static void tell_same(const struct store *s, const struct source *src)
{
	own_buf struct buf text = {0};

	if (explain_fd < 0)
		return;
	buf_str(&text, "export image=");
	shell_word(&text, s->root_path);
	buf_str(&text, "/by-hand\nbtrfs subvolume create \"$image\" >/dev/null\n");
	if (src->tar) {
		buf_str(&text,
			"tar -C \"$image\" --numeric-owner --xattrs --xattrs-include='*' -xp # approx: a plain tar, or with -z, -J, --zstd\n");
	} else {
		buf_str(&text, "cp -a --reflink=auto ");
		shell_word(&text, src->said);
		buf_str(&text, "/. \"$image\"\n");
	}
	buf_str(&text, "btrfs property set -ts \"$image\" ro true && sync -f \"$image\"\n");
	explain_same(text.data);
}

static int make_in(const struct store *s, struct draft *d, const struct source *src,
		   const char *name, struct strv *ids, struct err *e)
{
	own_record struct record config = {0};
	own_fd int rootfs = -1;
	char id[ID_LEN];
	int r;

	if (subvol_create(d->dir, "rootfs", e) < 0)
		return -1;
	rootfs = openat(d->dir, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* An archive without an entry for "." leaves the root's mode to us: 0755, not the umask's. */
	if (rootfs < 0 || fchmod(rootfs, 0755) < 0)
		return err_sys(e, "%s/rootfs", d->name);
	r = fill(rootfs, src, e);
	if (r < 0)
		return -1;
	/* r > 0: a file occurs twice. Of an image archive such a file is refused, because readers
	 * disagree on which of the two counts. */
	if (src->tar && ocilayout_found(rootfs))
		return r > 0 ? -1 : take_archive(s, rootfs, name, ids, e);
	record_add(&config, "source", src->said);
	if (image_publish(s, d, &config, name, id, e) < 0)
		return -1;
	strv_add(ids, id);
	tell_same(s, src);
	return 0;
}

static int make_image(const struct store *s, const struct source *src, const char *name,
		      struct strv *ids, struct err *e)
{
	struct draft d;
	int r;

	if (!src->tar && check_outside_store(src->said, s, e) < 0)
		return -1;
	if (draft_begin(s, &d, e) < 0)
		return -1;
	r = make_in(s, &d, src, name, ids, e);
	draft_drop(s, &d); /* a published draft is empty */
	return r;
}

/*
 * Removes the new image and gives its name back to the image that had the name before. An image
 * with a config digest stays: the store may have had it already, and importing it again gives the
 * same id.
 */
static void take_back(const struct store *s, const char *id, const char *name, const char *before)
{
	own_image struct image img = {.dir = -1, .rootfs = -1};
	struct err ignored;

	if (image_open(s, id, &img, &ignored) == 0 && record_get(&img.config, "config-digest"))
		return;
	if (*before) {
		own_fd int lock = lock_take(s->root, ".", &ignored);

		if (lock >= 0)
			name_take(s, "img", name, before, &ignored);
	}
	draft_unpublish(s, id, &ignored);
}

int main(int argc, char **argv)
{
	struct init_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	__attribute__((cleanup(source_close))) struct source src = {.operand = operands[0],
								    .fd = -1};
	own_store struct store s = STORE_NONE;
	own_str char *name = NULL;
	own_strv struct strv ids = {0};
	char before[ID_LEN] = "";
	struct err e;
	int failed = 0;

	cmd_explain(args.explain);
	if (args.name && !(name = name_check_image(args.name, &e))) {
		err_status(&e, 2);
		return cmd_failed(&e);
	}
	if (source_open(&src, &e) < 0 || store_open(&s, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (s.note[0])
		cmd_note("%s", s.note);
	if (name && name_holder(&s, "img", name, before) < 0)
		*before = '\0';
	if (make_image(&s, &src, name, &ids, &e) < 0)
		return cmd_failed(&e);
	for (size_t i = 0; i < ids.n && !failed; i++)
		failed = cmd_tell_id(ids.v[i], &e);
	if (!failed)
		return cmd_end(0);
	for (size_t i = 0; i < ids.n; i++)
		take_back(&s, ids.v[i], name, before);
	return cmd_failed(&e);
}
