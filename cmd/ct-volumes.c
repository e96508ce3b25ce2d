/* Lists named volumes, newest first; makes volumes, and writes them as archives. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/record.h"
#include "base/str.h"
#include "base/table.h"
#include "cmd.h"
#include "store/names.h"
#include "store/store.h"
#include "volumes.h"

static const struct opt opts[] = {
	OPT_LISTING(struct volumes_args, listing),
	OPT_INSTEAD('f', "filter", "use grep(1), or jq(1) after --json"),
	OPT_END,
};

#define OPT_LABEL OPT_LIST(struct volumes_args, labels, 'l', "label", "KEY=VALUE", "attach a label")

static const struct opt label_opts[] = {
	OPT_LABEL,
	OPT_END,
};

static const struct opt create_opts[] = {
	OPT_LABEL,
	OPT_TEXT(struct volumes_args, from, 0, "from", "VOLUME",
		 "begin with a copy of this volume's files (default: empty)"),
	OPT_INSTEAD('d', "driver", "not needed: every volume is a subvolume of the store"),
	OPT_INSTEAD(0, "ignore", "not offered: 'ct id NAME' tells whether a volume exists"),
	OPT_INSTEAD(0, "opt", "use 'ct run --tmpfs' or 'ct run -v DIR:DIR' instead of a volume"),
	OPT_END,
};

static const struct opt export_opts[] = {
	OPT_INSTEAD('o', "output", "use 'ct volumes export VOLUME >FILE'"),
	OPT_END,
};

static const struct opt_program create = {
	.name = "ct-volumes create",
	.operands = "NAME",
	.purpose = "Make a volume",
	.opts = create_opts,
	.min = 1,
	.max = 1,
};

static const struct opt_program snapshot = {
	.name = "ct-volumes snapshot",
	.operands = "VOLUME [NAME]",
	.purpose = "Make a read-only copy of a volume",
	.opts = label_opts,
	.min = 1,
	.max = 2,
};

static const struct opt_program import = {
	.name = "ct-volumes import",
	.operands = "NAME [FILE|-]",
	.purpose = "Make a volume with the files of a tar archive (default: standard input)",
	.opts = label_opts,
	.min = 1,
	.max = 2,
};

static const struct opt_program export = {
	.name = "ct-volumes export",
	.operands = "VOLUME",
	.purpose = "Write the files of a volume to standard output as a tar archive",
	.opts = export_opts,
	.min = 1,
	.max = 1,
};

static const struct command {
	const struct opt_program *program;
	int (*run)(const struct volumes_args *args, char **operands);
} commands[] = {
	{&create, volumes_create},
	{&snapshot, volumes_snapshot},
	{&import, volumes_import},
	{&export, volumes_export},
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static const struct opt_program *command_program(size_t i)
{
	return i < COMMANDS ? commands[i].program : NULL;
}

static const struct opt_program program = {
	.name = "ct-volumes",
	.operands = "[VOLUME...]",
	.purpose = "List volumes, or make and write them",
	.opts = opts,
	.max = -1,
	.command = command_program,
};

static const struct column columns[] = {
	{.name = "id"},
	{.name = "name"},
	{.name = "created", .look = COLUMN_TIME},
	{.name = "root", .hidden = true},
	{.name = "labels", .hidden = true, .list = true},
	{.name = "of", .hidden = true},
	{.name = NULL},
};

/* Commands that docker and podman have below "volume". */
static const struct {
	const char *word, *use;
} elsewhere[] = {
	{"inspect", "ct inspect"}, {"list", "ct volumes"},          {"ls", "ct volumes"},
	{"rm", "ct rm"},           {"prune", "ct prune --volumes"},
};

static int missing(const char *ref, struct err *e)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (str_equal(ref, elsewhere[i].word))
			return err_set(e, "%s: no such volume: use '%s'", ref, elsewhere[i].use);
	return -1;
}

struct listed {
	const struct store *store;
	struct table *table;
	struct strv names, ids; /* all names of volumes, and the volume's id of each */
};

static int list_one(const char *ref, void *arg, struct err *e)
{
	struct listed *l = arg;
	own_record struct record config = {0};
	own_strv struct strv names = {0}, labels = {0};
	own_str char *file = NULL, *root = NULL, *label_text = NULL;
	char id[ID_LEN];

	if (name_resolve(l->store, "vol", ref, id, e) < 0)
		return missing(ref, e);
	name_pick(&l->names, &l->ids, id, &names);
	file = str_fmt("%s/config", id);
	root = str_fmt("%s/%s/data", l->store->root_path, id);
	if (record_read(l->store->root, file, &config, e) < 0)
		return -1;
	record_get_list(&config, "label", &labels);
	label_text = table_list(l->table, &labels, ",");

	const char *values[] = {
		id,         names.n ? names.v[0] : NULL, record_get(&config, "created"), root,
		label_text, record_get(&config, "of")};

	table_row(l->table, values);
	return 0;
}

static int list(int argc, char **argv)
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

static int run(const struct command *c, int argc, char **argv)
{
	struct volumes_args args = {0};
	char **operands = cmd_begin(c->program, argc, argv, &args);
	int status = c->run(&args, operands);

	strv_free(&args.labels);
	return status;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
		if (strcmp(argv[1], strchr(commands[i].program->name, ' ') + 1) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	return list(argc, argv);
}
