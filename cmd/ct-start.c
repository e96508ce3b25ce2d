/* Starts stopped containers again, each on its own snapshot and with its recorded plan. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/notify.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "cmd.h"
#include "container/container.h"
#include "container/pause.h"
#include "run/supervise.h"
#include "run/userstage.h"
#include "store/plan.h"

struct start_args {
	bool attach, no_input, interactive;
	struct store store;
	int status; /* of the container that was attached */
};

static const struct opt opts[] = {
	OPT_FLAG(struct start_args, attach, 'a', "attach",
		 "attach stdin, stdout and stderr, and return the container's exit status"),
	OPT_FLAG(struct start_args, no_input, 'n', "no-stdin", "connect stdin to /dev/null"),
	OPT_FLAG(struct start_args, interactive, 'i', "interactive",
		 "accepted for compatibility: --attach always attaches stdin"),
	CMD_CHOICE_BUT_ALL("start"),
	OPT_INSTEAD(0, "all", "use 'ct ps -q | ct start -'"),
	OPT_INSTEAD(0, "detach-keys", "use 'ct start', then 'ct attach --detach-keys'"),
	OPT_INSTEAD(0, "sig-proxy", "not offered: signals are passed on with --attach"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-start",
	.operands = "CONTAINER...",
	.purpose = "Start stopped containers again",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static int say_notes(struct supervise *l, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < l->notes.n; i++)
		cmd_note("%s: %s", l->id, l->notes.v[i]);
	strv_free(&l->notes);
	return 0;
}

/* A service manager waits only for its own process, which is the supervisor with --attach. */
static int program_runs(struct supervise *l, struct err *e)
{
	if (l->attached && notify_ready(e) < 0)
		cmd_note("%s: %s", l->id, e->msg);
	return say_notes(l, e);
}

/* As in podman, it is no failure if the container runs already, and is not paused. */
static bool goes_on(const struct store *s, const char *id, const struct err *e)
{
	own_str char *group = container_group(id);

	return e->sys == EALREADY && !pause_by_user(s->run, id, group);
}

static int start_one(const char *ref, void *arg, struct err *e)
{
	struct start_args *args = arg;
	own_container struct container c = CONTAINER_NONE;
	own_plan struct plan plan = {0};
	struct supervise launch = {.report = -1,
				   .store = &args->store,
				   .plan = &plan,
				   .image = -1,
				   .stubborn = cmd_stubborn,
				   .attached = args->attach,
				   .input = args->attach && !args->no_input,
				   .again = true,
				   .started = program_runs};
	int failed;

	if (container_open(&args->store, ref, &c, e) < 0)
		return -1;
	plan_read(&plan, &c.config);
	launch.remove = plan.remove;
	launch.input |= !args->attach && plan.open_input;
	if (userstage_settle(launch.plan, &launch.notes, e) < 0)
		return -1;
	snprintf(launch.id, sizeof(launch.id), "%s", c.id);
	if (args->attach) {
		args->status = supervise_run(&launch, e);
		failed = args->status < 0;
	} else {
		failed = supervise_background(&launch, e) < 0 && !goes_on(&args->store, c.id, e);
		if (!failed)
			puts(c.id);
	}
	say_notes(&launch, e);
	return failed ? err_wrap(e, "%s", ref) : 0;
}

int main(int argc, char **argv)
{
	struct start_args args = {.store = STORE_NONE};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct err e;
	int status;

	if (args.attach && operands[1]) {
		err_set(&e, "%s: --attach takes one container", operands[1]);
		err_status(&e, 2);
		return cmd_failed(&e);
	}
	/* Sealing comes before the first start: any of the containers may need it. */
	if (selfexe_seal(&e) < 0 || store_open(&args.store, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (*args.store.note)
		cmd_note("%s", args.store.note);
	status = cmd_each(operands, start_one, &args);
	store_close(&args.store);
	return cmd_end(status ? status : args.status);
}
