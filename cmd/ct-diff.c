/* Shows what an object has changed against another one, or writes the changes as a layer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "base/table.h"
#include "cmd.h"
#include "container/moment.h"
#include "container/transfer.h"
#include "container/volmake.h"
#include "store/layerstore.h"
#include "store/names.h"
#include "store/store.h"
#include "tar/filediff.h"
#include "tar/layerdiff.h"
#include "tar/subdiff.h"

struct diff_args {
	bool json;
	const char *output;
};

static const struct opt opts[] = {
	OPT_FLAG(
		struct diff_args, json, 0, "json",
		"print one JSON object per change, with what has changed and where a file was moved from"),
	OPT_TEXT(struct diff_args, output, 'o', "output", "FILE|-",
		 "write the changes to a file or standard output as a layer: a tar with whiteouts"),
	OPT_INSTEAD(0, "format", "use --json"),
	OPT_INSTEAD('l', "latest", "use 'ct diff $(ct ps -q | head -n 1)'"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-diff",
	.operands = "A [B]",
	.purpose = "Show what container, image or volume A has changed against B",
	.opts = opts,
	.min = 1,
	.max = 2,
};

/* The path from the root, in one line: a backslash and control characters are escaped. */
static char *path_text(const char *path)
{
	own_buf struct buf doubled = {0};

	buf_str(&doubled, "/");
	for (const char *p = str_equal(path, ".") ? "" : path; *p; p++)
		buf_add(&doubled, *p == '\\' ? "\\\\" : p, *p == '\\' ? 2 : 1);
	return str_printable(doubled.data);
}

static void print_lines(const struct subdiff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		own_str char *text = path_text(d->v[i].path);

		printf("%c %s\n", d->v[i].kind, text);
	}
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

static void add_path(struct buf *line, const char *key, const char *path)
{
	own_str char *full = str_fmt("/%s", str_equal(path, ".") ? "" : path);

	buf_fmt(line, "\"%s\":", key);
	json_quote(line, full);
}

static void add_what(struct buf *line, unsigned what)
{
	static const char *const names[] = {"type",  "mode",    "owner", "time",
					    "xattr", "content", "links"};
	const char *between = "";

	buf_str(line, ",\"what\":[");
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (what & 1U << i) {
			buf_fmt(line, "%s\"%s\"", between, names[i]);
			between = ",";
		}
	buf_str(line, "]");
}

static void print_json(const struct subdiff *d)
{
	for (const struct subdiff_change *c = d->v; c < d->v + d->n; c++) {
		own_buf struct buf line = {0};

		buf_fmt(&line, "{\"change\":\"%c\",", c->kind);
		add_path(&line, "path", c->path);
		buf_fmt(&line, ",\"type\":\"%s\"", type_name(c->mode));
		if (c->kind == 'C')
			add_what(&line, c->what);
		if (c->from) {
			buf_str(&line, ",");
			add_path(&line, "from", c->from);
		}
		printf("%s}\n", line.data);
	}
}

static int write_layer(const struct subdiff *d, int new, const char *path, struct err *e)
{
	bool to_stdout = str_equal(path, "-");
	own_fd int file = to_stdout ? -1
				    : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct stat st;
	int r;

	if (file < 0 && !to_stdout)
		return err_sys(e, "%s", path);
	r = layerdiff_write_changes(d, new, to_stdout ? STDOUT_FILENO : file,
				    to_stdout ? "standard output" : path,
				    cmd_has_bar() ? cmd_progress : NULL, e);
	cmd_bar_end();
	if (r == 0 && !to_stdout && close(take_fd(&file)) < 0)
		r = err_sys(e, "%s", path);
	if (r < 0 && !to_stdout && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path); /* an incomplete layer must not look complete */
	return r;
}

/* b -1: nothing, so that every file of A is new. */
static int compare(const struct moment *a, int b, const char *output, struct subdiff *changes,
		   struct err *e)
{
	if (subdiff_find(b, a->files[0].fd, changes, e) < 0 ||
	    (output && write_layer(changes, a->files[0].fd, output, e) < 0))
		return err_wrap(e, "%s", a->id);
	return 0;
}

/* --- what A is compared with if B is not given --- */

/* The files below the last layer of a pulled image; -1 in *fd: there is only one layer. */
static int open_layer_below(const struct store *s, const struct record *config, int *fd,
			    struct err *e)
{
	own_strv struct strv layers = {0};

	record_get_list(config, "layer", &layers);
	*fd = layers.n < 2 ? -1 : layerstore_rootfs(s, layers.v[layers.n - 2], e);
	return layers.n >= 2 && *fd < 0 ? -1 : 0;
}

/* The image from which an image was made; -1 in *fd: it was made from none. */
static int open_base(const struct store *s, const struct record *config, int *fd, struct err *e)
{
	const char *text = record_get(config, "base");
	struct subvolsend_identity base;
	char id[ID_LEN];

	*fd = -1;
	if (!text)
		return record_get(config, "config-digest") ? open_layer_below(s, config, fd, e) : 0;
	if (subvolsend_identity_read(text, &base) < 0)
		return err_set(e, "invalid base \"%.100s\" in its config", text);
	*fd = transfer_find(s, &base, id, e);
	if (*fd >= 0)
		return 0;
	return e->sys == ENOENT
		? err_set(e, "the image from which it was made has been removed: name B as well")
		: -1;
}

static int resolve_base(const struct store *s, const struct moment *a, const char *ref,
			char base[ID_LEN], struct err *e)
{
	const char *image = record_get(&a->config, "image");

	if (id_is(a->id, "vol"))
		return volmake_last_snapshot(s, a->id, base, e);
	if (!image)
		return err_set(e, "%s: was not made from an image: name B as well", ref);
	return name_resolve(s, "img", image, base, e);
}

static int compare_with_base(const struct store *s, const struct moment *a, const char *output,
			     struct subdiff *changes, struct err *e)
{
	own_fd int hold = layerstore_hold(s, e), base = -1;

	if (hold < 0)
		return -1;
	if (open_base(s, &a->config, &base, e) < 0)
		return err_wrap(e, "%s", a->id);
	return compare(a, base, output, changes, e);
}

static int compare_with(const struct store *s, const struct moment *a, const char *ref,
			const char *output, struct subdiff *changes, struct err *e)
{
	struct moment b = MOMENT_NONE;
	int r = moment_take(s, ref, false, &b, e);

	if (r == 0)
		r = compare(a, b.files[0].fd, output, changes, e);
	moment_drop(s, &b);
	return r;
}

static int diff(const struct store *s, char **operands, const char *output, struct subdiff *changes,
		struct err *e)
{
	struct moment a = MOMENT_NONE;
	char base[ID_LEN];
	int r = moment_take(s, operands[0], false, &a, e);

	if (r == 0 && operands[1])
		r = compare_with(s, &a, operands[1], output, changes, e);
	else if (r == 0 && id_is(a.id, "img"))
		r = compare_with_base(s, &a, output, changes, e);
	else if (r == 0 && (r = resolve_base(s, &a, operands[0], base, e)) == 0)
		r = compare_with(s, &a, base, output, changes, e);
	moment_drop(s, &a);
	return r;
}

int main(int argc, char **argv)
{
	struct diff_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_subdiff struct subdiff changes = {0};
	own_store struct store store = STORE_NONE;
	struct err e;

	if (args.json && args.output) {
		err_set(&e, "--json and --output: cannot be used together");
		err_status(&e, 2);
		return cmd_failed(&e);
	}
	if (str_equal(args.output, "-") && isatty(STDOUT_FILENO)) {
		err_set(&e, "standard output is a terminal");
		return cmd_failed(&e);
	}
	if (args.output) /* SIGPIPE must not end this process: it still has to delete snapshots */
		signal(SIGPIPE, SIG_IGN);
	if (store_open(&store, STORE_LOOK, &e) < 0 ||
	    diff(&store, operands, args.output, &changes, &e) < 0) {
		if (e.sys == EPIPE)
			*e.msg = '\0'; /* the reader has printed the reason */
		return cmd_failed(&e);
	}
	if (args.json)
		print_json(&changes);
	else if (!args.output)
		print_lines(&changes);
	return cmd_end(0);
}
