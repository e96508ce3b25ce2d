/* Creates a container on a snapshot of an image, for ct-start. */
#include "base/str.h"
#include "cmd.h"
#include "run.h"

static struct opt_program program = {
	.name = "ct-create",
	.operands = "IMAGE [COMMAND [ARG...]]",
	.purpose = "Create a container, which ct-start starts",
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

/* The options of ct-run, except those of a command that runs now. */
static const struct opt *options(void)
{
	struct opt *opts = NULL;
	size_t n = 0;

	for (const struct opt *o = runopts_table; o->name; o++)
		if (!is_of_a_run(o)) {
			opts = mem_grow_one(opts, n, sizeof(*opts));
			opts[n++] = *o;
		}
	opts = mem_grow_one(opts, n, sizeof(*opts));
	opts[n] = (struct opt)OPT_END;
	return opts;
}

int main(int argc, char **argv)
{
	program.opts = options();
	return run_new(&program, argc, argv, true);
}
