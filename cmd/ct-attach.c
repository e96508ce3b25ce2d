/* Connects the user's terminal or streams to a container that runs in the background. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd.h"
#include "container/attach.h"
#include "container/container.h"
#include "container/inputend.h"

struct attach_args {
	bool no_input, proxy;
	struct detachkeys keys;
};

static int read_keys(void *to, const char *text, struct err *e)
{
	return detachkeys_read(text, to, e);
}

static const struct opt opts[] = {
	OPT_FLAG(struct attach_args, no_input, 'n', "no-stdin", "attach only stdout and stderr"),
	OPT_FORM(struct attach_args, keys, 0, "detach-keys", "KEY,...",
		 "leave the container running at these keys (default: ctrl-p,ctrl-q; \"\": none)",
		 read_keys),
	OPT_FLAG(struct attach_args, proxy, 0, "sig-proxy",
		 "forward signals to the container (default; =false: they end only ct-attach)"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-attach",
	.operands = "CONTAINER",
	.purpose = "Connect your terminal to a container that runs in the background",
	.opts = opts,
	.min = 1,
	.max = 1,
};

/* What is typed would be lost in silence. */
static int take_input(const struct store *s, const struct container *c, const char *ref,
		      const struct container_state *st, struct attach *a, struct err *e)
{
	a->input = inputend_take(s, c->id, st, &a->tty, e);
	if (a->input >= 0)
		return 0;
	if (e->sys != ENOENT)
		return err_wrap(e, "%s", ref);
	cmd_note("%s: takes no input: only a container of 'ct run -d' with -i or -t does", ref);
	return 0;
}

/* The exit status of the container, as of a run in the foreground. */
static int status_of(const struct store *s, const struct container *c, const char *ref)
{
	struct container_state st;
	struct err e;

	if (container_state(s, c, &st, &e) < 0)
		return cmd_failed(&e);
	if (st.phase == CONTAINER_EXITED || st.phase == CONTAINER_KILLED)
		return container_status(&st);
	err_set(&e, "%s: exit status unknown: the supervisor was killed", ref);
	return cmd_failed(&e);
}

static int run(struct attach *a, const struct store *s, const struct container *c, const char *ref)
{
	struct err e;
	int sig, end = attach_run(a, &sig, &e);

	switch (end) {
	case ATTACH_DETACHED:
		return cmd_end(0);
	case ATTACH_LEFT:
		return 128 + sig;
	case ATTACH_ENDED:
		if (a->supervisor >= 0)
			proc_wait_gone(a->supervisor, -1);
		return status_of(s, c, ref);
	default:
		err_wrap(&e, "%s", ref);
		return cmd_failed(&e);
	}
}

int main(int argc, char **argv)
{
	struct attach_args args = {.proxy = true};
	struct attach a = {.input = -1};
	own_store struct store store = STORE_NONE;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;
	char **operands;
	struct err e;

	detachkeys_read(DETACHKEYS_DEFAULT, &args.keys, &e);
	operands = cmd_begin(&program, argc, argv, &args);
	if (store_open(&store, STORE_LOOK, &e) < 0 ||
	    container_open(&store, operands[0], &c, &e) < 0 || container_keep_exit(&c, &e) < 0)
		return cmd_failed(&e);
	if (!container_runs(&store, &c, &st)) {
		err_set(&e, "%s: not running ('ct start -a' runs it again)", operands[0]);
		return cmd_failed(&e);
	}
	if (container_need_log(&c, operands[0], &e) < 0)
		return cmd_failed(&e);
	a.log = c.dir;
	a.first = proc_open(&st.init);
	a.supervisor = container_supervisor(&st);
	a.proxy = args.proxy;
	a.keys = args.keys;
	if (!args.no_input && take_input(&store, &c, operands[0], &st, &a, &e) < 0)
		return cmd_failed(&e);
	return run(&a, &store, &c, operands[0]);
}
