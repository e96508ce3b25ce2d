/* veth.c: a cable to the bridge box0. --veth=ADDRESS */
#include "box.h"

static void plug(const char *address, pid_t child)
{
	(void)address;
	run("ip link add box%d type veth peer name eth0 netns %d", child, child);
	run("ip link set box%d master box0 up", child);
}

static void configure(const char *address)
{
	run("ip address add %s/16 dev eth0", address);
	run("ip link set eth0 up");
}

const struct stage veth_stage = {.option = "--veth=", .outside = plug, .inside = configure};
