/* ct-images: lists the images of the store, newest first. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "image.h"
#include "names.h"
#include "own.h"
#include "record.h"
#include "store.h"
#include "table.h"

struct images_args {
	struct listing listing;
};

static const struct opt opts[] = {
	OPT_LISTING(struct images_args, listing),
	OPT_END
};

static const struct opt_program program = {
	.name = "ct-images",
	.operands = "[IMAGE...]",
	.purpose = "List images, newest first",
	.opts = opts,
	.min = 0,
	.max = -1,
};

static const struct column columns[] = {
	{.name = "id"},
	{.name = "name"},
	{.name = "digest"},
	{.name = "size", .number = true},
	{.name = "created"},
	{.name = "source"},
	{.name = "root", .hidden = true},
	{.name = "arch", .hidden = true},
	{.name = "entrypoint", .hidden = true},
	{.name = "cmd", .hidden = true},
	{.name = "env", .hidden = true},
	{.name = "workdir", .hidden = true},
	{.name = "user", .hidden = true},
	{.name = "stopsignal", .hidden = true},
	{.name = "volumes", .hidden = true},
	{.name = "labels", .hidden = true},
	{.name = "expose", .hidden = true},
	{0}
};

struct images {
	const struct store *store;
	struct table *table;
};

static char *join(const struct strv *l, const char *between)
{
	struct buf out = {0};

	buf_str(&out, "");
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(&out, "%s%s", i ? between : "", l->v[i]);
	return out.data;
}

static char *all_of(const struct record *config, const char *key, const char *between)
{
	own_strv struct strv values = {0};

	record_get_list(config, key, &values);
	return join(&values, between);
}

/* Words are shown with spaces between them, what may hold spaces with newlines. */
static int add_row(const char *ref, void *arg, struct err *e)
{
	struct images *to = arg;
	const struct store *s = to->store;
	own_image struct image img = {0};
	own_strv struct strv names = {0};
	const struct record *c = &img.config;

	if (image_open(s, ref, &img, e) < 0 || name_list(s, "img", img.id, &names, e) < 0)
		return -1;

	own_str char *name = join(&names, ",");
	own_str char *root = str_fmt("%s/%s/rootfs", s->root_path, img.id);
	own_str char *entrypoint = all_of(c, "entrypoint", " "), *cmd = all_of(c, "cmd", " ");
	own_str char *env = all_of(c, "env", "\n"), *volumes = all_of(c, "volume", "\n");
	own_str char *labels = all_of(c, "label", "\n"), *expose = all_of(c, "expose", "\n");
	const char *values[] = {
		img.id, name, record_get(c, "digest"), record_get(c, "size"), record_get(c, "created"),
		record_get(c, "source"), root, record_get(c, "arch"), entrypoint, cmd, env,
		record_get(c, "workdir"), record_get(c, "user"), record_get(c, "stopsignal"), volumes, labels,
		expose,
	};

	table_row(to->table, values);
	return 0;
}

/* Every image there is. One that is removed meanwhile is no failure. */
static int add_all(struct images *to, struct err *e)
{
	own_strv struct strv ids = {0};
	int status = 0;

	if (store_list(to->store, "img", &ids, e) < 0)
		return cmd_failed(e);
	for (size_t i = ids.n; i-- > 0;)
		if (add_row(ids.v[i], to, e) < 0 && faccessat(to->store->root, ids.v[i], F_OK, 0) == 0)
			status = cmd_failed(e);
	return status;
}

int main(int argc, char **argv)
{
	struct images_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store s = {.root = -1, .run = -1};
	struct images images = {.store = &s};
	struct err e;
	int status;

	images.table = table_begin(columns, &args.listing, &e);
	if (!images.table || store_open(&s, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	if (s.note[0])
		cmd_note("%s", s.note);
	status = *operands ? cmd_each(operands, add_row, &images) : add_all(&images, &e);
	table_end(images.table, stdout);
	return cmd_end(status);
}
