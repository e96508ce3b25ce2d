/* Runs another command in a running container. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/selfexe.h"
#include "base/sig.h"
#include "cmd.h"
#include "container/container.h"
#include "container/monitor.h"
#include "container/pause.h"
#include "run/join.h"
#include "run/runopts.h"
#include "run/runplan.h"

struct exec_args {
	bool detach, no_input, interactive, tty, explain;
	struct strv env, env_files;
	const char *workdir, *user;
};

static const struct opt opts[] = {
	OPT_FLAG(struct exec_args, detach, 'd', "detach",
		 "run in the background with stdin, stdout and stderr on /dev/null"),
	OPT_FLAG(struct exec_args, no_input, 'n', "no-stdin", "connect stdin to /dev/null"),
	OPT_FLAG(struct exec_args, interactive, 'i', "interactive",
		 "accepted for compatibility: stdin is always attached"),
	OPT_FLAG(struct exec_args, tty, 't', "tty",
		 "allocate a terminal even if stdin and stdout are not terminals"),
	OPT_LIST(struct exec_args, env, 'e', "env", "NAME[=VALUE]",
		 "set an environment variable (NAME alone: copy yours)"),
	OPT_LIST(struct exec_args, env_files, 0, "env-file", "FILE",
		 "set the environment variables that a file lists"),
	OPT_TEXT(struct exec_args, workdir, 'w', "workdir", "DIR", "set the working directory"),
	OPT_TEXT(struct exec_args, user, 'u', "user", "USER[:GROUP]",
		 "run as this user of the container"),
	CMD_EXPLAIN(struct exec_args),
	OPT_INSTEAD(0, "privileged",
		    "not offered: a command has the capabilities of its container"),
	OPT_INSTEAD(0, "cidfile", "use \"$(cat FILE)\""),
	OPT_INSTEAD(0, "detach-keys", "not offered: ctrl-c ends the command; use --detach"),
	OPT_INSTEAD('l', "latest", "use \"$(ct ps -q | head -n 1)\""),
	OPT_INSTEAD(0, "preserve-fd*",
		    "not offered: a command gets no files but stdin, stdout and stderr"),
	OPT_INSTEAD('T', "no-tty", "not needed: a terminal needs one on stdin and stdout, or -t"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-exec",
	.operands = "CONTAINER COMMAND [ARG...]",
	.purpose = "Run a command in a running container",
	.opts = opts,
	.min = 2,
	.max = -1,
	.in_order = true,
};

static void args_free(struct exec_args *args)
{
	strv_free(&args->env);
	strv_free(&args->env_files);
}

/* Adapts the container's plan to this command: arguments, working directory, user, environment. */
static int adapt(struct plan *plan, const struct exec_args *args, char **command, struct err *e)
{
	strv_free(&plan->args);
	for (; *command; command++)
		strv_add(&plan->args, *command);
	if (args->workdir && *args->workdir != '/')
		return err_set(e, "--workdir %s: not an absolute path", args->workdir);
	plan->workdir = args->workdir ? args->workdir : plan->workdir;
	plan->user = args->user ? args->user : plan->user;
	plan->tty = args->tty || (!args->no_input && !args->detach && isatty(0) && isatty(1));
	if (runplan_add_env(&args->env_files, &args->env, &plan->env, e) < 0)
		return -1;
	runplan_complete_env(plan);
	return 0;
}

static int run(struct join *j, int *status, struct err *e)
{
	own_strv struct strv notes = {0};
	own_fd int signals = -1;
	struct ending ending;

	/* Until the command runs, a signal ends this process and the command with it. Otherwise a
	 * container that is frozen meanwhile would make ct-exec wait and ignore Ctrl-C. */
	sig_note();
	if (j->detached)
		return join_background(j, e);
	if (join_start(j, e) < 0)
		return -1;
	signals = monitor_signals(e);
	if (signals < 0 ||
	    monitor_run(j->pidfd, signals, &j->streams, true, NULL, &notes, NULL, NULL, NULL,
			&ending, e) < 0)
		return -1;
	for (size_t i = 0; i < notes.n; i++)
		cmd_note("%s", notes.v[i]);
	*status = ending_status(&ending);
	if (ending.lost && *status == 0)
		*status = 125;
	return 0;
}

int main(int argc, char **argv)
{
	__attribute__((cleanup(args_free))) struct exec_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	own_container struct container c = CONTAINER_NONE;
	own_str char *group = NULL;
	struct container_state st;
	own_plan struct plan plan = {0};
	struct join join = {
		.container = &c, .plan = &plan, .input = !args.no_input, .detached = args.detach};
	struct err e;
	int status = 0;

	selfexe_show(operands[0]);
	cmd_explain(args.explain);
	if (store_open(&store, STORE_LOOK, &e) < 0 ||
	    container_open(&store, operands[0], &c, &e) < 0 ||
	    container_state(&store, &c, &st, &e) < 0)
		return cmd_failed(&e);
	if (st.phase != CONTAINER_RUNNING) {
		err_set(&e, "%s: not running", operands[0]);
		return cmd_failed(&e);
	}
	group = container_group(c.id);
	if (pause_by_user(store.run, c.id, group)) {
		err_set(&e, "%s: paused", operands[0]);
		return cmd_failed(&e);
	}
	join.target = st.init;
	plan_read(&plan, &c.config);
	if ((plan.users != USERS_AUTO && selfexe_seal(&e) < 0) ||
	    adapt(&plan, &args, operands + 1, &e) < 0 || run(&join, &status, &e) < 0) {
		err_wrap(&e, "%s", operands[0]);
		return cmd_failed(&e);
	}
	return status;
}
