/* Sends a signal to the first process of containers. */
#include <signal.h>
#include <sys/pidfd.h>

#include "base/own.h"
#include "base/sig.h"
#include "cmd.h"
#include "container/container.h"
#include "kernel/cgroup.h"

struct kill_args {
	int signal;
	struct store store;
};

static int read_signal(void *to, const char *text, struct err *e)
{
	return sig_read(text, to, e);
}

static const struct opt opts[] = {
	OPT_FORM(struct kill_args, signal, 's', "signal", "SIGNAL",
		 "send this signal, by name or number (default: KILL); -9 and -HUP work too",
		 read_signal),
	CMD_CHOICE("kill"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-kill",
	.operands = "CONTAINER...",
	.purpose = "Send a signal to containers",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static int kill_one(const char *ref, void *arg, struct err *e)
{
	const struct kill_args *args = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;
	own_fd int init = -1;

	if (container_open(&args->store, ref, &c, e) < 0 ||
	    container_state(&args->store, &c, &st, e) < 0)
		return -1;
	init = proc_open(&st.init);
	if (init < 0)
		return err_set(e, "%s: not running", ref);
	if (pidfd_send_signal(init, args->signal, NULL, 0) < 0)
		return err_sys(e, "%s", ref);
	if (args->signal == SIGKILL) {
		own_str char *group = container_group(c.id);

		/* In cgroup v1 a frozen process dies only when it is thawed. */
		return cgroup_thaw(group, e);
	}
	return 0;
}

/* Accepts kill(1)'s short forms: a first argument -9 or -HUP becomes -s9 or -sHUP. */
static void rewrite_signal(char **first)
{
	struct err ignored;
	int signal;

	if (*first && **first == '-' && sig_read(*first + 1, &signal, &ignored) == 0)
		*first = str_fmt("-s%s", *first + 1);
}

int main(int argc, char **argv)
{
	struct kill_args args = {.signal = SIGKILL, .store = STORE_NONE};
	char **operands;
	struct err e;
	int status;

	rewrite_signal(argv + (argc > 0));
	operands = cmd_begin(&program, argc, argv, &args);
	if (store_open(&args.store, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	status = cmd_each(operands, kill_one, &args);
	store_close(&args.store);
	return cmd_end(status);
}
