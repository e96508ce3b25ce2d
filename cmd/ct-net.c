/* Manages networks: its commands are in net-networks.c and net-members.c. */
#include <string.h>
#include <unistd.h>

#include "base/explain.h"
#include "cmd.h"
#include "net.h"

#define OPT_EXPLAIN                                      \
	OPT_FLAG(struct net_args, explain, 0, "explain", \
		 "show what is done, and equivalent shell commands")

static const struct opt no_opts[] = {
	OPT_END,
};

static const struct opt step_opts[] = {
	OPT_EXPLAIN,
	OPT_END,
};

static const struct opt ls_opts[] = {
	OPT_INSTEAD('f', "filter", "use grep(1), or jq(1) after --json"),
	OPT_LISTING(struct net_args, listing),
	OPT_END,
};

static const struct opt create_opts[] = {
	OPT_TEXT(struct net_args, subnet, 0, "subnet", "A.B.C.D/N",
		 "set the subnet (default: a free one)"),
	OPT_FLAG(struct net_args, internal, 0, "internal",
		 "block traffic to and from other networks"),
	OPT_FLAG(struct net_args, isolated, 0, "isolated",
		 "block traffic between the containers of the network"),
	OPT_INSTEAD(0, "attachable", "not needed: every container may attach"),
	OPT_INSTEAD(0, "disable-dns", "not offered: names are in /etc/hosts"),
	OPT_INSTEAD(0, "dns", "use 'ct run --dns'"),
	OPT_INSTEAD('d', "driver", "not needed: every network is a bridge"),
	OPT_INSTEAD(0, "gateway", "not offered: the gateway is the first address of the subnet"),
	OPT_INSTEAD(0, "interface-name", "not offered: the name follows from CT_BRIDGE"),
	OPT_INSTEAD(0, "ip-range", "use --subnet"),
	OPT_INSTEAD(0, "ipam-driver", "not needed: addresses are given from the subnet"),
	OPT_INSTEAD(0, "ipv6", "not offered: networks have IPv4 only"),
	OPT_INSTEAD(0, "label", "not offered: networks have a name only"),
	OPT_INSTEAD('o', "opt", "not offered: every network is a bridge"),
	OPT_INSTEAD(0, "route",
		    "not offered: nsenter -t \"$(ct pid NAME)\" -n ip route adds routes"),
	OPT_END,
};

static const struct opt down_opts[] = {
	OPT_FLAG(struct net_args, force, 'f', "force",
		 "disconnect the containers of the networks first"),
	OPT_EXPLAIN,
	OPT_END,
};

static const struct opt member_opts[] = {
	OPT_TEXT(
		struct net_args, network, 0, "network", "NETWORK",
		"choose the network (connect: network default; disconnect: the only one attached)"),
	OPT_EXPLAIN,
	OPT_INSTEAD(0, "alias", "use 'ct run --network-alias'"),
	OPT_INSTEAD('f', "force", "not needed: the container may run"),
	OPT_INSTEAD(0, "ip", "use 'ct run --ip'"),
	OPT_END,
};

static const struct opt rm_opts[] = {
	OPT_INSTEAD('f', "force", "use 'ct net down --force NETWORK' before"),
	OPT_END,
};

static const struct opt_program up = {
	.name = "ct-net up",
	.operands = "[NETWORK...]",
	.opts = step_opts,
	.max = -1,
	.purpose = "Bring networks up and repair them (default: the network named default)",
};
static const struct opt_program down = {
	.name = "ct-net down",
	.operands = "[NETWORK...]",
	.opts = down_opts,
	.max = -1,
	.purpose = "Take networks down (default: all); refused while containers are attached",
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
	.opts = rm_opts,
	.min = 1,
	.max = -1,
	.purpose = "Take networks down and delete their definitions",
};
static const struct opt_program connect = {
	.name = "ct-net connect",
	.operands = "CONTAINER",
	.opts = member_opts,
	.min = 1,
	.max = 2, /* check_order() */
	.purpose = "Attach a running container to a network, possibly a further one",
};
static const struct opt_program disconnect = {
	.name = "ct-net disconnect",
	.operands = "CONTAINER",
	.opts = member_opts,
	.min = 1,
	.max = 2, /* check_order() */
	.purpose = "Detach a running container from a network; unpublish its ports there",
};
static const struct opt_program publish = {
	.name = "ct-net publish",
	.operands = "CONTAINER [[IP:]PORT:]PORT[/udp]...",
	.opts = step_opts,
	.min = 2,
	.max = -1,
	.purpose = "Publish ports of a running container on host ports, and print them",
};
static const struct opt_program unpublish = {
	.name = "ct-net unpublish",
	.operands = "CONTAINER [IP:]PORT[/udp]...",
	.opts = step_opts,
	.min = 2,
	.max = -1,
	.purpose = "Stop publishing ports of a running container",
};
static const struct opt_program bridge = {
	.name = "ct-net bridge",
	.operands = "[NETWORK]",
	.opts = step_opts,
	.max = 1,
	.purpose = "A step of up: make a network's bridge and give it an address",
};
static const struct opt_program nat = {
	.name = "ct-net nat",
	.operands = "[NETWORK]",
	.opts = step_opts,
	.max = 1,
	.purpose = "A step of up: let containers reach other networks with the host's address",
};
static const struct opt_program pair = {
	.name = "ct-net pair",
	.operands = "CONTAINER",
	.opts = member_opts,
	.min = 1,
	.max = 1,
	.purpose = "A step of connect: make a veth pair from the bridge into the container",
};
static const struct opt_program address = {
	.name = "ct-net address",
	.operands = "CONTAINER",
	.opts = step_opts,
	.min = 1,
	.max = 1,
	.purpose = "A step of connect: give the container's endpoint an address and set it up",
};
static const struct opt_program route = {
	.name = "ct-net route",
	.operands = "CONTAINER",
	.opts = step_opts,
	.min = 1,
	.max = 1,
	.purpose = "A step of connect: give the container a default route",
};

static const struct command {
	const struct opt_program *program;
	int (*run)(const struct net_args *args, char **operands);
} commands[] = {
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

static const struct opt_program *command_program(size_t i)
{
	return i < sizeof(commands) / sizeof(*commands) ? commands[i].program : NULL;
}

static const struct opt_program program = {
	.name = "ct-net",
	.operands = "COMMAND [ARG...]",
	.purpose = "Manage the networks of containers",
	.opts = no_opts,
	.min = 1,
	.max = 1,
	.command = command_program,
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

static const char *instead(const char *word)
{
	static const struct {
		const char *word, *use;
	} elsewhere[] = {
		{"exists", "use 'ct net ls'"},      {"inspect", "use 'ct net ls --json'"},
		{"list", "use 'ct net ls'"},        {"prune", "use 'ct net rm NAME'"},
		{"reload", "use 'ct net up NAME'"}, {"update", "use 'ct run --dns'"},
	};

	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (strcmp(word, elsewhere[i].word) == 0)
			return elsewhere[i].use;
	return "no such command (see 'ct-net --help')";
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	struct err e;

	for (size_t i = 0; word && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(word, strchr(commands[i].program->name, ' ') + 1) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	cmd_begin(&program, argc > 1 ? 2 : argc, argv, NULL);
	err_set(&e, "%s: %s", argv[1], instead(argv[1]));
	err_status(&e, 2);
	return cmd_failed(&e);
}
