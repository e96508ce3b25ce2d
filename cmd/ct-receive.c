/* Makes an image, a container or a volume from what ct-send wrote. */
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "cmd.h"
#include "container/objectreceive.h"
#include "store/draft.h"
#include "store/store.h"

struct receive_args {
	const char *name;
};

static const struct opt opts[] = {
	OPT_TEXT(struct receive_args, name, 'n', "name", "NAME",
		 "set the name (default: the names that it had)"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-receive",
	.operands = "",
	.purpose = "Read an image, container or volume that ct-send wrote from standard input",
	.opts = opts,
	.max = 0,
};

static int receive(const struct store *s, const char *name, struct strv *notes, struct err *e)
{
	struct err ignored;
	char id[ID_LEN];

	if (objectreceive(s, STDIN_FILENO, "standard input", name, id, notes,
			  cmd_has_bar() ? cmd_progress_bytes : NULL, e) < 0)
		return -1;
	cmd_bar_end();
	for (size_t i = 0; i < notes->n; i++)
		cmd_note("%s", notes->v[i]);
	if (cmd_tell_id(id, e) == 0)
		return 0;
	draft_unpublish(s, id, &ignored);
	return -1;
}

int main(int argc, char **argv)
{
	struct receive_args args = {0};
	own_strv struct strv notes = {0};
	own_store struct store store = STORE_NONE;
	struct err e;
	int failed;

	cmd_begin(&program, argc, argv, &args);
	if (isatty(STDIN_FILENO)) {
		err_set(&e, "standard input is a terminal");
		return cmd_failed(&e);
	}
	failed = store_open(&store, STORE_UP, &e) < 0;
	if (!failed && *store.note)
		cmd_note("%s", store.note);
	failed = failed || receive(&store, args.name, &notes, &e) < 0;
	return failed ? cmd_failed(&e) : cmd_end(0);
}
