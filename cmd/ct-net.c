/* Networks of containers: brought up and down, listed, made and removed. */
#include <string.h>
#include <unistd.h>

#include "base/explain.h"
#include "cmd.h"
#include "net.h"

#define OPT_EXPLAIN \
	OPT_FLAG(struct net_args, explain, 0, "explain", "say what is done, and the shell for it")

static const struct opt no_opts[] = {
	OPT_END,
};

static const struct opt step_opts[] = {
	OPT_EXPLAIN,
	OPT_END,
};

static const struct opt ls_opts[] = {
	OPT_LISTING(struct net_args, listing),
	OPT_END,
};

static const struct opt create_opts[] = {
	OPT_TEXT(struct net_args, subnet, 0, "subnet", "A.B.C.D/N",
		 "its addresses (one that is free)"),
	OPT_FLAG(struct net_args, internal, 0, "internal", "nothing to or from the outside"),
	OPT_FLAG(struct net_args, isolated, 0, "isolated",
		 "its containers do not reach one another"),
	OPT_END,
};

static const struct opt down_opts[] = {
	OPT_FLAG(struct net_args, force, 'f', "force", "disconnect the containers on them first"),
	OPT_EXPLAIN,
	OPT_END,
};

static const struct opt member_opts[] = {
	OPT_TEXT(struct net_args, network, 0, "network", "NETWORK",
		 "which one (the default one, or the one it is on)"),
	OPT_EXPLAIN,
	OPT_END,
};

static const struct opt_program up = {
	.name = "ct-net up",
	.operands = "[NETWORK...]",
	.opts = step_opts,
	.max = -1,
	.purpose =
		"Bring networks up, the default one if none is named, and put right what is not in order",
};
static const struct opt_program down = {
	.name = "ct-net down",
	.operands = "[NETWORK...]",
	.opts = down_opts,
	.max = -1,
	.purpose = "Take networks away, all if none is named; refused while containers are on them",
};
static const struct opt_program ls = {
	.name = "ct-net ls",
	.operands = "",
	.opts = ls_opts,
	.max = 0,
	.purpose = "List networks",
};
static const struct opt_program create = {
	.name = "ct-net create",
	.operands = "NETWORK",
	.opts = create_opts,
	.min = 1,
	.max = 1,
	.purpose = "Define a network; it is brought up when it is first used",
};
static const struct opt_program rm = {
	.name = "ct-net rm",
	.operands = "NETWORK...",
	.opts = no_opts,
	.min = 1,
	.max = -1,
	.purpose = "Take networks away and forget them",
};
static const struct opt_program connect = {
	.name = "ct-net connect",
	.operands = "CONTAINER",
	.opts = member_opts,
	.min = 1,
	.max = 1,
	.purpose = "Put a running container on a network, one more or its first",
};
static const struct opt_program disconnect = {
	.name = "ct-net disconnect",
	.operands = "CONTAINER",
	.opts = member_opts,
	.min = 1,
	.max = 1,
	.purpose = "Take a running container off a network, and back the ports that lead there",
};
static const struct opt_program publish = {
	.name = "ct-net publish",
	.operands = "CONTAINER [[IP:]PORT:]PORT[/udp]...",
	.opts = step_opts,
	.min = 2,
	.max = -1,
	.purpose = "Reach ports of a running container by ports of the host, and print these",
};
static const struct opt_program unpublish = {
	.name = "ct-net unpublish",
	.operands = "CONTAINER [IP:]PORT[/udp]...",
	.opts = step_opts,
	.min = 2,
	.max = -1,
	.purpose = "Take ports of the host back",
};
static const struct opt_program bridge = {
	.name = "ct-net bridge",
	.operands = "[NETWORK]",
	.opts = step_opts,
	.max = 1,
	.purpose = "A step of up: make a network's bridge, with its address",
};
static const struct opt_program nat = {
	.name = "ct-net nat",
	.operands = "[NETWORK]",
	.opts = step_opts,
	.max = 1,
	.purpose = "A step of up: let its containers reach the outside, as the host",
};
static const struct opt_program pair = {
	.name = "ct-net pair",
	.operands = "CONTAINER",
	.opts = member_opts,
	.min = 1,
	.max = 1,
	.purpose =
		"A step of connect: make a pair of links, one end on the bridge, the other in the container",
};
static const struct opt_program address = {
	.name = "ct-net address",
	.operands = "CONTAINER",
	.opts = step_opts,
	.min = 1,
	.max = 1,
	.purpose = "A step of connect: give the container's end its address, and set it up",
};
static const struct opt_program route = {
	.name = "ct-net route",
	.operands = "CONTAINER",
	.opts = step_opts,
	.min = 1,
	.max = 1,
	.purpose = "A step of connect: give the container its default route",
};

static const struct command {
	const struct opt_program *program;
	int (*run)(const struct net_args *args, char **operands);
} functions[] = {
	{&up, net_up},
	{&down, net_down},
	{&ls, net_ls},
	{&create, net_create},
	{&rm, net_rm},
	{&connect, net_connect},
	{&disconnect, net_disconnect},
	{&publish, net_publish},
	{&unpublish, net_unpublish},
	{&bridge, net_bridge},
	{&pair, net_pair},
	{&address, net_address},
	{&route, net_route},
	{&nat, net_nat},
};

static const struct opt_program *const commands[] = {
	&up,        &down,   &ls,   &create,  &rm,    &connect, &disconnect, &publish,
	&unpublish, &bridge, &pair, &address, &route, &nat,     NULL,
};

static const struct opt_program program = {
	.name = "ct-net",
	.operands = "COMMAND [ARG...]",
	.purpose = "Networks of containers",
	.opts = no_opts,
	.min = 1,
	.max = 1,
	.commands = commands,
};

static int run(const struct command *c, int argc, char **argv)
{
	struct net_args args = {0};
	char **operands = cmd_begin(c->program, argc, argv, &args);
	struct err e;

	if (args.explain && explain_begin(program.name, STDERR_FILENO, &e) < 0)
		return cmd_failed(&e);
	return c->run(&args, operands);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	struct err e;

	for (size_t i = 0; word && commands[i]; i++)
		if (strcmp(word, strchr(commands[i]->name, ' ') + 1) == 0)
			return run(&functions[i], argc - 1, argv + 1);
	cmd_begin(&program, argc > 1 ? 2 : argc, argv, NULL);
	err_set(&e, "%s: no such command (see 'ct-net --help')", argv[1]);
	err_status(&e, 2);
	return cmd_failed(&e);
}
