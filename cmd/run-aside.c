/* The modes of ct-run other than an ordinary run: bare runs, --dry-run, --only snapshot. */
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd.h"
#include "run.h"
#include "run/barerun.h"
#include "run/create.h"
#include "run/dryrun.h"
#include "run/runplan.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/store.h"

int run_nothing(struct supervise *l)
{
	struct err e, ignored;

	if (create_container(l, &e) < 0)
		return cmd_failed(&e);
	if (l->started(l, &e) == 0)
		return cmd_end(0);
	draft_unpublish(l->store, l->id, &ignored);
	return cmd_failed(&e);
}

/* Prints the script of --dry-run. */
static int print_script(const struct store *store, const struct plan *plan, int root)
{
	own_buf struct buf script = {0};
	struct err e;

	if (dryrun_script(store, plan, root, &script, &e) < 0)
		return cmd_failed(&e);
	fputs(script.data, stdout);
	return cmd_end(0);
}

int run_bare(const struct runopts *opts, char **operands)
{
	own_plan struct plan plan = {0};
	own_strv struct strv kept = {0};
	struct err e;
	int status;

	if (runplan_make(opts, NULL, operands, false, &plan, &kept, &e) < 0)
		return cmd_failed(&e);
	if (opts->dry_run)
		return print_script(NULL, &plan, -1);
	status = barerun(&plan, !opts->no_input, announce_notes, &e);
	return status < 0 ? cmd_failed(&e) : status;
}

/* --dry-run neither brings the store up nor pulls an image. */
int run_dry(const struct runopts *opts, const char *ref, char **operands)
{
	own_store struct store store = STORE_NONE;
	own_image struct image image = {.dir = -1, .rootfs = -1};
	own_plan struct plan plan = {0};
	own_strv struct strv kept = {0};
	struct err e;

	if (store_open(&store, STORE_LOOK, &e) < 0 ||
	    (ref && image_open(&store, ref, &image, &e) < 0) ||
	    runplan_make(opts, ref ? &image.config : NULL, operands, isatty(0) && isatty(1), &plan,
			 &kept, &e) < 0)
		return cmd_failed(&e);
	if (plan.more_networks.n || plan.ip) {
		err_set(&e, "--dry-run: not with %s", plan.ip ? "--ip" : "several networks");
		return cmd_failed(&e);
	}
	runplan_complete_env(&plan);
	plan.image = ref ? image.id : NULL;
	return print_script(&store, &plan, image.rootfs);
}
