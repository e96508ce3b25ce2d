/* Builds an image from a Dockerfile. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/own.h"
#include "build.h"
#include "build/builder.h"
#include "build/buildimage.h"
#include "build/steps.h"
#include "build/stepsjson.h"
#include "cmd.h"
#include "store/draft.h"
#include "store/names.h"

static const struct opt_program program = {
	.name = "ct-build",
	.operands = "DIR|-",
	.purpose = "Make an image as a Dockerfile says",
	.opts = build_opts,
	.max = 1,
};

static const char *file_name; /* the Dockerfile's name in messages */
static bool quiet;

/* Whether "(cached)" is printed for the step: only for steps that take time. */
static bool takes_time(const struct step *step)
{
	return step->kind == STEP_RUN || step->kind == STEP_COPY || step->kind == STEP_ADD;
}

static void tell(const struct step *step, bool cached)
{
	own_str char *text = str_printable(step->text);

	if (!quiet)
		fprintf(stderr, "%s:%d: %s%s\n", file_name, step->line, text,
			cached && takes_time(step) ? " (cached)" : "");
}

static void note(const char *text)
{
	cmd_note("%s", text);
}

/* Prints each fault on a line. */
static int complain_of(struct faults *faults)
{
	struct err e;

	faults_sort(faults);
	for (size_t i = 0; i < faults->n; i++) {
		if (faults->v[i].line)
			err_set(&e, "%s:%d: %s", file_name, faults->v[i].line, faults->v[i].what);
		else
			err_set(&e, "%s: %s", file_name, faults->v[i].what);
		cmd_complain(&e);
	}
	return faults->n > 0 ? -1 : 0;
}

/* An image that is not in the store counts as unknown: --print pulls nothing. */
static int look_at_base(void *store, const char *image, struct record *config, struct err *e)
{
	own_image struct image img = {.dir = -1, .rootfs = -1};

	(void)e;
	if (image_open(store, image, &img, &(struct err){0}) < 0)
		return 0;
	for (size_t i = 0; i < img.config.keys.n; i++)
		record_add(config, img.config.keys.v[i], img.config.values.v[i]);
	return 0;
}

static int print_steps(const struct steps *steps)
{
	own_buf struct buf lines = {0};

	stepsjson_write(steps, &lines);
	fputs(lines.data, stdout);
	return cmd_end(0);
}

static int write_iidfile(const char *path, const char *id, struct err *e)
{
	own_str char *line = str_fmt("%s\n", id);

	return path && file_write(AT_FDCWD, path, 0644, line, strlen(line), e) < 0
		? err_wrap(e, "--iidfile")
		: 0;
}

/* Executes the steps and makes the image. */
static int build(struct build *b, const struct build_args *args, const struct strv *names,
		 struct err *e)
{
	char id[ID_LEN];
	bool made;

	if (builder_run(b, e) < 0 || buildimage_publish(b, &args->labels, names, id, &made, e) < 0)
		return -1;
	if (write_iidfile(args->iidfile, id, e) == 0 && cmd_tell_id(id, e) == 0)
		return 0;
	if (made && names->n == 0) /* the user does not know the image */
		draft_unpublish(b->store, id, &(struct err){0});
	return -1;
}

static int ended(const struct build *b, struct err *e)
{
	if (keeper_signal)
		return 128 + keeper_signal;
	if (*b->left)
		snprintf(e->msg + strlen(e->msg), sizeof(e->msg) - strlen(e->msg),
			 " (%s is left to look into)", b->left);
	return cmd_failed(e);
}

static int prune(void)
{
	own_store struct store store = STORE_NONE;
	own_strv struct strv removed = {0};
	struct err e;
	int failed = store_open(&store, STORE_LOOK, &e) < 0 ||
		stepstore_prune(&store, &removed, &e) < 0;

	for (size_t i = 0; i < removed.n; i++)
		puts(removed.v[i]);
	return failed ? cmd_failed(&e) : cmd_end(0);
}

/* The build, after the input was read. */
static int read_and_build(struct build *b, struct steps *steps, const struct build_args *args,
			  const struct input *in, struct err *e)
{
	own_strv struct strv names = {0};
	own_pairs struct pairs build_args = {0};
	own_faults struct faults faults = {0};
	own_fd int hold = -1;
	struct steps_request q = {.text = in->text.data,
				  .len = in->text.len,
				  .build_args = &build_args,
				  .target = args->target,
				  .arch = image_arch(),
				  .base = args->print ? look_at_base : builder_base,
				  .arg = args->print ? (void *)(uintptr_t)b->store : b};
	int r;

	if (build_options(args, &names, &build_args, &b->secrets, e) < 0)
		return cmd_failed(e);
	if (!args->print && (hold = stepstore_hold(b->store, e)) < 0)
		return cmd_failed(e);
	steps_read(&q, steps, &faults);
	if (!args->print && faults.n == 0)
		builder_check(b, &faults);
	if (complain_of(&faults) == 0) {
		for (size_t i = 0; i < steps->unused.n; i++)
			cmd_note("--build-arg %s: no ARG takes it", steps->unused.v[i]);
		r = args->print                         ? print_steps(steps)
			: build(b, args, &names, e) < 0 ? ended(b, e)
							: cmd_end(0);
	} else {
		r = cmd_end(1);
	}
	build_close(b);
	return r;
}

static int run(const struct build_args *args, const char *operand, struct err *e)
{
	own_store struct store store = STORE_NONE;
	struct input in = {
		.operand = operand, .file = args->file, .context = -1, .unpacked = {.dir = -1}};
	struct keeper keeper = {0};
	own_steps struct steps steps = {0};
	struct build b = {.store = &store,
			  .steps = &steps,
			  .context_name = operand,
			  .label = keeper.label,
			  .no_cache = args->no_cache,
			  .quiet = args->quiet,
			  .pull = args->pull ? PULL_ALWAYS : PULL_MISSING,
			  .tell = tell,
			  .note = note,
			  .child = &keeper_child,
			  .stop = &keeper_signal};
	bool up = !args->print || str_equal(operand, "-");
	int status;

	if (store_open(&store, up ? STORE_UP : STORE_LOOK, e) < 0)
		return cmd_failed(e);
	if (*store.note)
		cmd_note("%s", store.note);
	if (up && keeper_begin(&keeper, &store, e) < 0)
		return cmd_failed(e);
	status = input_open(&in, &store, e);
	file_name = in.shown;
	b.context = in.context;
	b.ignore = &in.ignore;
	b.file_name = in.shown;
	status = status < 0 ? cmd_failed(e) : read_and_build(&b, &steps, args, &in, e);
	pairs_free(&b.secrets);
	input_close(&in, &store);
	keeper_end(&keeper);
	return status;
}

int main(int argc, char **argv)
{
	struct build_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct err e;
	int status;

	quiet = args.quiet;
	if (args.prune && !*operands) {
		status = prune();
	} else if (args.prune || !*operands) {
		err_set(&e, args.prune ? "--prune: takes no operand" : "missing operand: %s %s",
			program.name, program.operands);
		err_status(&e, 2);
		status = cmd_failed(&e);
	} else {
		status = run(&args, *operands, &e);
	}
	strv_free(&args.tags);
	strv_free(&args.build_args);
	strv_free(&args.labels);
	strv_free(&args.secrets);
	return status;
}
