/* Lists containers, newest first. */
#include <stdlib.h>

#include "cmd.h"
#include "container.h"
#include "own.h"
#include "store.h"
#include "table.h"

struct ps_args {
	struct listing listing;
	bool running;
};

static const struct opt opts[] = {
	OPT_FLAG(struct ps_args, running, 'r', "running", "only those that run"),
	OPT_LISTING(struct ps_args, listing),
	OPT_END
};

static const struct opt_program program = {
	.name = "ct-ps",
	.operands = "[CONTAINER...]",
	.purpose = "List containers",
	.opts = opts,
	.max = -1,
};

static const struct column columns[] = {
	{.name = "id"}, {.name = "name"}, {.name = "image"}, {.name = "status"}, {.name = "pid", .number = true},
	{.name = "started"}, {.name = "ip"}, {.name = "ports"}, {.name = "command"},
	{.name = "finished", .hidden = true}, {.name = "exitcode", .hidden = true, .number = true},
	{.name = "root", .hidden = true}, {.name = "labels", .hidden = true}, {.name = NULL},
};

struct listed {
	const struct store *store;
	struct table *table;
	bool running;
};

static int list_one(const char *ref, void *arg, struct err *e)
{
	struct listed *l = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (container_open(l->store, ref, &c, e) < 0 || container_state(l->store, &c, &st, e) < 0)
		return -1;
	if (l->running && st.phase != CONTAINER_RUNNING)
		return 0;

	own_str char *status = container_status_text(&st), *root = container_root(l->store, &c);
	own_str char *command = record_join(&c.config, "arg", " "), *labels = record_join(&c.config, "label", ",");
	own_str char *pid = st.init.pid ? str_fmt("%d", (int)st.init.pid) : NULL;
	own_str char *code = st.phase == CONTAINER_RUNNING || st.phase == CONTAINER_DEAD ? NULL
			   : str_fmt("%d", container_status(&st));
	const char *image = record_get(&c.config, "image-name");
	const char *values[] = {
		c.id, record_get(&c.config, "name"), image ? image : record_get(&c.config, "rootfs"), status, pid,
		st.started, NULL, NULL, command, st.finished, code, root, labels,
	};

	table_row(l->table, values);
	return 0;
}

int main(int argc, char **argv)
{
	struct ps_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	struct listed l = {.store = &store, .running = args.running};
	struct err e;
	int status;

	l.table = table_begin(columns, &args.listing, &e);
	if (!l.table || store_open(&store, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	status = cmd_list(&store, "ps", operands, list_one, &l);
	table_end(l.table, stdout);
	return cmd_end(status);
}
