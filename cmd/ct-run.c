/* Runs a command in a new container on a snapshot of an image. */
#include "cmd.h"
#include "run.h"

static const struct opt_program program = {
	.name = "ct-run",
	.operands = "IMAGE [COMMAND [ARG...]]",
	.purpose = "Run a command in a new container",
	.opts = runopts_table,
	.max = -1,
	.in_order = true,
};

int main(int argc, char **argv)
{
	return run_new(&program, argc, argv, false);
}
