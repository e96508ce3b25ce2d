/* ct-images: lists the images of the store, newest first. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "base/record.h"
#include "base/table.h"
#include "cmd.h"
#include "store/image.h"
#include "store/names.h"
#include "store/store.h"

struct images_args {
	struct listing listing;
	bool digests, all;
};

static const struct opt opts[] = {
	OPT_LISTING(struct images_args, listing),
	OPT_FLAG(struct images_args, all, 'a', "all",
		 "accepted for compatibility: all images are listed"),
	OPT_FLAG(struct images_args, digests, 0, "digests",
		 "accepted for compatibility: digests are always shown"),
	OPT_INSTEAD(0, "history", "not offered: 'ct history' shows the steps of an image"),
	OPT_INSTEAD('f', "filter", "use 'ct images NAME' or grep(1)"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-images",
	.operands = "[IMAGE...]",
	.purpose = "List images, newest first",
	.opts = opts,
	.min = 0,
	.max = -1,
};

static const struct column columns[] = {{.name = "id"},
					{.name = "name", .clip = true},
					{.name = "digest", .clip = true, .minor = 2},
					{.name = "size", .number = true, .look = COLUMN_SIZE},
					{.name = "created", .look = COLUMN_TIME},
					{.name = "source", .clip = true, .minor = 1},
					{.name = "root", .hidden = true},
					{.name = "arch", .hidden = true},
					{.name = "entrypoint", .hidden = true, .list = true},
					{.name = "cmd", .hidden = true, .list = true},
					{.name = "env", .hidden = true, .list = true},
					{.name = "workdir", .hidden = true},
					{.name = "user", .hidden = true},
					{.name = "stopsignal", .hidden = true},
					{.name = "volumes", .hidden = true, .list = true},
					{.name = "labels", .hidden = true, .list = true},
					{.name = "expose", .hidden = true, .list = true},
					{0}};

struct images {
	const struct store *store;
	struct table *table;
	struct strv names, ids; /* all names of images, and the image's id of each */
};

static char *list(const struct table *t, const struct record *config, const char *key,
		  const char *between)
{
	own_strv struct strv items = {0};

	record_get_list(config, key, &items);
	return table_list(t, &items, between);
}

/* Lists of words are joined by spaces; lists of values that may contain spaces, by newlines. */
static int add_row(const char *ref, void *arg, struct err *e)
{
	struct images *to = arg;
	const struct store *s = to->store;
	own_image struct image img = {0};
	own_strv struct strv names = {0};
	const struct record *c = &img.config;
	struct table *t = to->table;

	if (image_open(s, ref, &img, e) < 0)
		return -1;
	name_pick(&to->names, &to->ids, img.id, &names);

	own_str char *name = strv_join(&names, ",");
	own_str char *root = str_fmt("%s/%s/rootfs", s->root_path, img.id);
	own_str char *entrypoint = list(t, c, "entrypoint", " "), *cmd = list(t, c, "cmd", " ");
	own_str char *env = list(t, c, "env", "\n"), *volumes = list(t, c, "volume", "\n");
	own_str char *labels = list(t, c, "label", "\n"), *expose = list(t, c, "expose", "\n");
	const char *values[] = {
		img.id,
		name,
		record_get(c, "digest"),
		record_get(c, "size"),
		record_get(c, "created"),
		record_get(c, "source"),
		root,
		record_get(c, "arch"),
		entrypoint,
		cmd,
		env,
		record_get(c, "workdir"),
		record_get(c, "user"),
		record_get(c, "stopsignal"),
		volumes,
		labels,
		expose,
	};

	table_row(t, values);
	return 0;
}

int main(int argc, char **argv)
{
	struct images_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store s = STORE_NONE;
	struct images images = {.store = &s};
	struct err e;
	int status;

	images.table = table_begin(columns, &args.listing, &e);
	if (!images.table || store_open(&s, STORE_LOOK, &e) < 0 ||
	    name_list_all(&s, "img", &images.names, &images.ids, &e) < 0)
		return cmd_failed(&e);
	if (s.note[0])
		cmd_note("%s", s.note);
	status = cmd_list(&s, "img", operands, add_row, &images);
	table_end(images.table, stdout);
	strv_free(&images.names);
	strv_free(&images.ids);
	return cmd_end(status);
}
