/* Lists named volumes, newest first. */
#include <stdlib.h>

#include "base/own.h"
#include "base/record.h"
#include "base/table.h"
#include "cmd.h"
#include "store/names.h"
#include "store/store.h"

struct volumes_args {
	struct listing listing;
};

static const struct opt opts[] = {
	OPT_LISTING(struct volumes_args, listing),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-volumes",
	.operands = "[VOLUME...]",
	.purpose = "List volumes",
	.opts = opts,
	.max = -1,
};

static const struct column columns[] = {
	{.name = "id"}, {.name = "name"}, {.name = "created"}, {.name = "root", .hidden = true},
	{.name = NULL},
};

struct listed {
	const struct store *store;
	struct table *table;
	struct strv names, ids; /* all names of volumes, and the volume's id of each */
};

static int list_one(const char *ref, void *arg, struct err *e)
{
	struct listed *l = arg;
	own_record struct record config = {0};
	own_strv struct strv names = {0};
	own_str char *file = NULL, *root = NULL;
	char id[ID_LEN];

	if (name_resolve(l->store, "vol", ref, id, e) < 0)
		return -1;
	name_pick(&l->names, &l->ids, id, &names);
	file = str_fmt("%s/config", id);
	root = str_fmt("%s/%s/data", l->store->root_path, id);
	if (record_read(l->store->root, file, &config, e) < 0)
		return -1;

	const char *values[] = {id, names.n ? names.v[0] : NULL, record_get(&config, "created"),
				root};

	table_row(l->table, values);
	return 0;
}

int main(int argc, char **argv)
{
	struct volumes_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	struct listed l = {.store = &store};
	struct err e;
	int status;

	l.table = table_begin(columns, &args.listing, &e);
	if (!l.table || store_open(&store, STORE_LOOK, &e) < 0 ||
	    name_list_all(&store, "vol", &l.names, &l.ids, &e) < 0)
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	status = cmd_list(&store, "vol", operands, list_one, &l);
	table_end(l.table, stdout);
	strv_free(&l.names);
	strv_free(&l.ids);
	return cmd_end(status);
}
