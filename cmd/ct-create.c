/* Creates a container on a snapshot of an image, for ct-start. */
#include <unistd.h>

#include "base/own.h"
#include "cmd.h"
#include "rm-end.h"
#include "run.h"
#include "run/runopts.h"
#include "run/runplan.h"
#include "run/userstage.h"
#include "store/image.h"
#include "store/store.h"

enum { OPTIONS = 96 };

/* The options of ct-run, except those of a command that runs now. */
static struct opt opts[OPTIONS];

static const struct opt_program program = {
	.name = "ct-create",
	.operands = "IMAGE [COMMAND [ARG...]]",
	.purpose = "Create a container, which ct-start starts",
	.opts = opts,
	.max = -1,
	.in_order = true,
};

static bool is_of_a_run(const struct opt *o)
{
	static const char *const names[] = {"detach", "no-stdin", "explain", "dry-run",
					    "step",   "only",     "without"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_equal(o->name, names[i]))
			return true;
	return false;
}

static void fill_options(void)
{
	size_t n = 0;

	for (const struct opt *o = runopts_table; o->name && n < OPTIONS - 1; o++)
		if (!is_of_a_run(o))
			opts[n++] = *o;
}

/* ref: the image; NULL with --rootfs. */
static int create(const struct runopts *o, const char *ref, char **command, struct cidfile *cidfile)
{
	own_strv struct strv kept = {0};
	own_image struct image image = {.dir = -1, .rootfs = -1};
	own_store struct store store = STORE_NONE;
	own_plan struct plan plan = {0};
	struct supervise launch = {.report = -1,
				   .store = &store,
				   .plan = &plan,
				   .arg = cidfile,
				   .started = announce_id};
	struct err e;

	if (store_open(&store, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	if ((ref && pull_open(&store, ref, o->pull, &image, &e) < 0) ||
	    runplan_make(o, ref ? &image.config : NULL, command, false, &plan, &kept, &e) < 0 ||
	    userstage_settle(&plan, &launch.notes, &e) < 0 ||
	    cidfile_open(cidfile, o->cidfile, &e) < 0 ||
	    (o->replace && rm_named(&store, o->name, &e) < 0))
		return cmd_failed(&e);
	runplan_complete_env(&plan);
	plan.image = ref ? image.id : NULL;
	plan.image_name = ref;
	launch.image = image.rootfs;
	return run_nothing(&launch);
}

int main(int argc, char **argv)
{
	__attribute__((cleanup(runopts_free))) struct runopts o = {0};
	own_cidfile struct cidfile cidfile = {.fd = -1};
	const char *ref = NULL;
	char **operands;
	struct err e;

	fill_options();
	operands = cmd_begin(&program, argc, argv, &o);
	if (!o.rootfs && !*operands) {
		err_set(&e, "missing operand: %s %s", program.name, program.operands);
		return cmd_failed(&e);
	}
	if (!o.rootfs)
		ref = *operands++;
	return create(&o, ref, operands, &cidfile);
}
