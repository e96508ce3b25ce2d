/* Creates a container on a snapshot of an image, for ct-start. */
#include "base/str.h"
#include "cmd.h"
#include "run.h"

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

int main(int argc, char **argv)
{
	fill_options();
	return run_new(&program, argc, argv, true);
}
