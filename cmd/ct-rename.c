/* Gives a container another name. */
#include "base/own.h"
#include "cmd.h"
#include "container/rename.h"
#include "store/store.h"

static const struct opt opts[] = {OPT_END};

static const struct opt_program program = {
	.name = "ct-rename",
	.operands = "CONTAINER NAME",
	.purpose = "Give a container another name",
	.opts = opts,
	.min = 2,
	.max = 2,
};

int main(int argc, char **argv)
{
	char **operands = cmd_begin(&program, argc, argv, NULL);
	own_store struct store store = STORE_NONE;
	struct err e;

	if (store_open(&store, STORE_LOOK, &e) < 0 ||
	    rename_container(&store, operands[0], operands[1], &e) < 0)
		return cmd_failed(&e);
	return cmd_end(0);
}
