/* Runs a command in a new container on a snapshot of an image. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "base/selfexe.h"
#include "base/step.h"
#include "cmd.h"
#include "run.h"
#include "run/choice.h"
#include "run/runopts.h"
#include "run/runplan.h"
#include "run/supervise.h"
#include "run/userstage.h"
#include "store/image.h"
#include "store/store.h"

static const struct opt_program program = {
	.name = "ct-run",
	.operands = "IMAGE [COMMAND [ARG...]]",
	.purpose = "Run a command in a new container",
	.opts = runopts_table,
	.max = -1,
	.in_order = true,
};

/* Writes the id to --cidfile and prints the notes, once the program runs. */
static int announce(struct supervise *l, struct err *e)
{
	const int *cidfile = l->arg;

	if (*cidfile >= 0 && dprintf(*cidfile, "%s\n", l->id) < 0)
		return err_sys(e, "--cidfile");
	run_say_notes(&l->notes);
	return 0;
}

/*
 * The same for a run that prints its id. This happens before the run is reported as started: if the
 * id cannot be printed, the container is removed.
 */
static int announce_id(struct supervise *l, struct err *e)
{
	const int *cidfile = l->arg;

	if (announce(l, e) < 0)
		return -1;
	if (cmd_tell_id(l->id, e) == 0)
		return 0;
	if (*cidfile >= 0 && ftruncate(*cidfile, 0) < 0)
		err_sys(e, "--cidfile");
	return -1;
}

static int run_detached(struct supervise *l)
{
	struct err e;

	return supervise_background(l, &e) < 0 ? cmd_failed(&e) : cmd_end(0);
}

static int run_attached(struct supervise *l)
{
	struct err e;
	int status = supervise_run(l, &e);

	run_say_notes(&l->notes);
	return status < 0 ? cmd_failed(&e) : status;
}

static int open_cidfile(const char *path, int *fd, struct err *e)
{
	if (!path)
		return 0;
	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return *fd < 0 ? err_sys(e, "--cidfile %s", path) : 0;
}

int main(int argc, char **argv)
{
	__attribute__((cleanup(runopts_free))) struct runopts opts = {0};
	char **operands = cmd_begin(&program, argc, argv, &opts);
	own_fd int cidfile = -1;
	own_strv struct strv kept = {0};
	own_image struct image image = {.dir = -1, .rootfs = -1};
	own_store struct store store = STORE_NONE;
	own_plan struct plan plan = {0};
	struct supervise launch = {
		.report = -1,
		.store = &store,
		.plan = &plan,
		.arg = &cidfile,
		.started = opts.detach || choice_runs_nothing(&opts.only) ? announce_id : announce,
		.attached = !opts.detach,
		.input = !opts.detach && !opts.no_input,
		.remove = opts.remove};
	const char *ref = opts.rootfs ? NULL : *operands ? *operands++ : "";
	struct err e;
	int status;

	if (ref && !*ref) {
		err_set(&e, "missing operand: %s %s", program.name, program.operands);
		return cmd_failed(&e);
	}
	selfexe_show(opts.name ? opts.name : ref ? ref : opts.rootfs);
	cmd_explain(opts.explain);
	if (opts.step && step_begin(&e) < 0)
		return cmd_failed(&e);
	if (runopts_bare(&opts))
		return run_bare(&opts, operands);
	if (opts.dry_run)
		return run_dry(&opts, ref, operands);
	if (store_open(&store, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	if (ref && pull_open(&store, ref, opts.pull, &image, &e) < 0)
		return cmd_failed(&e);
	if (runplan_make(&opts, ref ? &image.config : NULL, operands, isatty(0) && isatty(1), &plan,
			 &kept, &e) < 0 ||
	    userstage_settle(&plan, &launch.notes, &e) < 0 ||
	    open_cidfile(opts.cidfile, &cidfile, &e) < 0)
		return cmd_failed(&e);
	runplan_complete_env(&plan);
	plan.image = ref ? image.id : NULL;
	plan.image_name = ref;
	launch.image = image.rootfs;
	status = !plan_has_stage(&plan, STAGE_EXEC) ? run_nothing(&launch)
		: opts.detach                       ? run_detached(&launch)
						    : run_attached(&launch);
	if (status && cidfile >= 0 && lseek(cidfile, 0, SEEK_END) == 0) /* no container was made */
		unlink(opts.cidfile);
	return status;
}
