/* Writes an image, a container or a volume to standard output, for ct-receive on another host. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "cmd.h"
#include "container/objectsend.h"
#include "store/store.h"

struct send_args {
	const char *parent;
};

static const struct opt opts[] = {
	OPT_TEXT(
		struct send_args, parent, 'p', "parent", "ID",
		"send only the differences to this image or volume snapshot, which the other store has too"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-send",
	.operands = "ID",
	.purpose = "Write an image, container or volume to standard output for ct-receive",
	.opts = opts,
	.min = 1,
	.max = 1,
};

int main(int argc, char **argv)
{
	struct send_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	struct err e;
	int failed;

	if (isatty(STDOUT_FILENO)) {
		err_set(&e, "standard output is a terminal");
		return cmd_failed(&e);
	}
	/* SIGPIPE must not end this process: it still has to delete its snapshots. */
	signal(SIGPIPE, SIG_IGN);
	failed = store_open(&store, STORE_LOOK, &e) < 0 ||
		objectsend(&store, operands[0], args.parent, STDOUT_FILENO, "standard output",
			   cmd_has_bar() ? cmd_progress_bytes : NULL, &e) < 0;
	cmd_bar_end();
	if (failed && e.sys == EPIPE)
		*e.msg = '\0'; /* the reader has printed the reason */
	return failed ? cmd_failed(&e) : cmd_end(0);
}
