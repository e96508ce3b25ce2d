/* The commands of ct-volumes that make or write a volume. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "cmd.h"
#include "container/moment.h"
#include "container/volmake.h"
#include "store/draft.h"
#include "store/names.h"
#include "store/store.h"
#include "tar/tarwrite.h"
#include "volumes.h"

/* Prints the id. If that fails, the user does not know the volume unless it has a name. */
static int make(struct volmake v)
{
	own_strv struct strv notes = {0};
	own_store struct store store = STORE_NONE;
	char id[ID_LEN];
	struct err e;

	if (store_open(&store, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	v.notes = &notes;
	if (volmake(&store, &v, id, &e) < 0)
		return cmd_failed(&e);
	cmd_bar_end();
	for (size_t i = 0; i < notes.n; i++)
		cmd_note("%s", notes.v[i]);
	if (cmd_tell_id(id, &e) < 0) {
		struct err ignored;

		draft_unpublish(&store, id, &ignored);
		return cmd_failed(&e);
	}
	return cmd_end(0);
}

int volumes_create(const struct volumes_args *args, char **operands)
{
	return make((struct volmake){
		.name = operands[0], .labels = &args->labels, .from = args->from, .archive = -1});
}

int volumes_snapshot(const struct volumes_args *args, char **operands)
{
	return make((struct volmake){.name = operands[1],
				     .labels = &args->labels,
				     .from = operands[0],
				     .snapshot = true,
				     .archive = -1});
}

int volumes_import(const struct volumes_args *args, char **operands)
{
	const char *file = operands[1] ? operands[1] : "-";
	bool from_stdin = str_equal(file, "-");
	own_fd int opened = from_stdin ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	struct err e;

	if (!from_stdin && opened < 0) {
		err_sys(&e, "%s", file);
		return cmd_failed(&e);
	}
	if (from_stdin && isatty(STDIN_FILENO)) {
		err_set(&e, "standard input is a terminal");
		return cmd_failed(&e);
	}
	return make((struct volmake){.name = operands[0],
				     .labels = &args->labels,
				     .archive = from_stdin ? STDIN_FILENO : opened,
				     .what = from_stdin ? "standard input" : file,
				     .progress = cmd_has_bar() ? cmd_progress : NULL});
}

static int export(const struct store *s, const char *ref, struct moment *m, struct err *e)
{
	struct packing p = {.path = ref,
			    .target = "standard output",
			    .devices = true,
			    .progress = cmd_has_bar() ? cmd_progress : NULL};
	char id[ID_LEN];

	if (name_resolve(s, "vol", ref, id, e) < 0 || moment_take(s, id, true, m, e) < 0)
		return -1;
	return tarwrite_tree(m->files[0].fd, &p, STDOUT_FILENO, e);
}

int volumes_export(const struct volumes_args *args, char **operands)
{
	own_store struct store store = STORE_NONE;
	struct moment m = MOMENT_NONE;
	struct err e;
	int failed;

	(void)args;
	if (isatty(STDOUT_FILENO)) {
		err_set(&e, "standard output is a terminal");
		return cmd_failed(&e);
	}
	/* SIGPIPE must not end this process: it still has to delete the snapshot. */
	signal(SIGPIPE, SIG_IGN);
	failed = store_open(&store, STORE_LOOK, &e) < 0 || export(&store, operands[0], &m, &e) < 0;
	moment_drop(&store, &m);
	cmd_bar_end();
	if (failed && e.sys == EPIPE)
		*e.msg = '\0';
	return failed ? cmd_failed(&e) : cmd_end(0);
}
