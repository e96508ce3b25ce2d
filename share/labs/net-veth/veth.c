/* veth.c: a cable to the bridge box0. --veth=ADDRESS */
#include "box.h"

/* Outside: the pair, and the plug in the bridge. */
static void plug(const char *address, pid_t child)
{
	(void)address;
	/* Here: run("ip link add box%d type veth ...", child, ...) and so on. */
	(void)child;
}

/* Inside: the address. */
static void configure(const char *address)
{
	/* Here. */
	(void)address;
}

const struct stage veth_stage = {.option = "--veth=", .outside = plug, .inside = configure};
