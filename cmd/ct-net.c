/* Networks of containers: brought up and down, listed, made and removed. */
#include <string.h>

#include "cmd.h"
#include "net.h"

static const struct opt no_opts[] = {
	OPT_END
};

static const struct opt ls_opts[] = {
	OPT_LISTING(struct net_args, listing),
	OPT_END
};

static const struct opt create_opts[] = {
	OPT_TEXT(struct net_args, subnet, 0, "subnet", "A.B.C.D/N", "its addresses (one that is free)"),
	OPT_FLAG(struct net_args, internal, 0, "internal", "nothing to or from the outside"),
	OPT_FLAG(struct net_args, isolated, 0, "isolated", "its containers do not reach one another"),
	OPT_END
};

static const struct opt_program up = {
	.name = "ct-net up", .operands = "[NETWORK...]", .opts = no_opts, .max = -1,
	.purpose = "Bring networks up, the default one if none is named, and put right what is not in order",
};
static const struct opt_program down = {
	.name = "ct-net down", .operands = "[NETWORK...]", .opts = no_opts, .max = -1,
	.purpose = "Take networks away, all if none is named; refused while containers are on them",
};
static const struct opt_program ls = {
	.name = "ct-net ls", .operands = "", .opts = ls_opts, .max = 0,
	.purpose = "List networks",
};
static const struct opt_program create = {
	.name = "ct-net create", .operands = "NETWORK", .opts = create_opts, .min = 1, .max = 1,
	.purpose = "Define a network; it is brought up when it is first used",
};
static const struct opt_program rm = {
	.name = "ct-net rm", .operands = "NETWORK...", .opts = no_opts, .min = 1, .max = -1,
	.purpose = "Take networks away and forget them",
};

static const struct opt_program *const commands[] = {&up, &down, &ls, &create, &rm, NULL};
static int (*const functions[])(const struct net_args *, char **) = {net_up, net_down, net_ls, net_create, net_rm};

static const struct opt_program program = {
	.name = "ct-net",
	.operands = "COMMAND [ARG...]",
	.purpose = "Networks of containers",
	.opts = no_opts,
	.min = 1,
	.max = 1,
	.commands = commands,
};

int main(int argc, char **argv)
{
	const char *word = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	struct net_args args = {0};
	struct err e;

	for (size_t i = 0; word && commands[i]; i++)
		if (strcmp(word, strchr(commands[i]->name, ' ') + 1) == 0)
			return functions[i](&args, cmd_begin(commands[i], argc - 1, argv + 1, &args));
	cmd_begin(&program, argc > 1 ? 2 : argc, argv, &args);
	err_set(&e, "%s: no such command (see 'ct-net --help')", argv[1]);
	err_status(&e, 2);
	return cmd_failed(&e);
}
