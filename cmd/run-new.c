/* What ct-run and ct-create do: from the options to a new container. */
#include <unistd.h>

#include "base/own.h"
#include "base/selfexe.h"
#include "base/step.h"
#include "cmd.h"
#include "rm-end.h"
#include "run.h"
#include "run/choice.h"
#include "run/look.h"
#include "run/runopts.h"
#include "run/runplan.h"
#include "run/supervise.h"
#include "run/userstage.h"
#include "store/image.h"
#include "store/store.h"

static int run_detached(struct supervise *l)
{
	struct err e;

	return supervise_background(l, &e) < 0 ? cmd_failed(&e) : cmd_end(0);
}

static int run_attached(struct supervise *l)
{
	struct err e;
	int status = supervise_run(l, &e);

	announce_notes(&l->notes);
	return status < 0 ? cmd_failed(&e) : status;
}

int run_new(const struct opt_program *program, int argc, char **argv, bool create)
{
	__attribute__((cleanup(runopts_free))) struct runopts opts = {0};
	char **operands = cmd_begin(program, argc, argv, &opts);
	own_cidfile struct cidfile cidfile = {.fd = -1};
	own_strv struct strv kept = {0};
	own_image struct image image = {.dir = -1, .rootfs = -1};
	own_store struct store store = STORE_NONE;
	own_plan struct plan plan = {0};
	struct supervise launch = {.report = -1,
				   .store = &store,
				   .plan = &plan,
				   .arg = &cidfile,
				   .started = create || opts.detach ||
						   choice_runs_nothing(&opts.only)
					   ? announce_id
					   : announce_start,
				   .stubborn = cmd_stubborn,
				   .attached = !opts.detach,
				   .input = !opts.no_input && (!opts.detach || opts.interactive),
				   .remove = opts.remove};
	const char *ref = opts.rootfs ? NULL : *operands ? *operands++ : "";
	struct err e;

	if (ref && !*ref) {
		err_set(&e, "missing operand: %s %s", program->name, program->operands);
		return cmd_failed(&e);
	}
	selfexe_show(opts.name ? opts.name : ref ? ref : opts.rootfs);
	if (opts.explain == EXPLAIN_BRIEF &&
	    explain_begin_brief(program->name, STDERR_FILENO, &e) < 0)
		return cmd_failed(&e);
	cmd_explain(opts.explain == EXPLAIN_CALLS);
	if (opts.step && (step_begin(&e) < 0 || look_begin(&e) < 0))
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
	if (runplan_make(&opts, ref ? &image.config : NULL, operands,
			 !create && isatty(0) && isatty(1), &plan, &kept, &e) < 0 ||
	    userstage_settle(&plan, &launch.notes, &e) < 0 ||
	    cidfile_open(&cidfile, opts.cidfile, &e) < 0 ||
	    (opts.replace && rm_named(&store, opts.name, &e) < 0))
		return cmd_failed(&e);
	runplan_complete_env(&plan);
	plan.image = ref ? image.id : NULL;
	plan.image_name = ref;
	launch.image = image.rootfs;
	launch.spares.image = opts.step || opts.explain ? NULL : &image; /* they show a snapshot */
	return create || !plan_has_stage(&plan, STAGE_EXEC) ? run_nothing(&launch)
		: opts.detach                               ? run_detached(&launch)
							    : run_attached(&launch);
}
