/* nat.c: a way out, and a way back. --nat=GATEWAY */
#include "box.h"

static void allow(const char *gateway, pid_t child)
{
	(void)gateway;
	(void)child;
	/* Here: forwarding, and the table. Its name is for example box%d with getpid(). */
}

static void route(const char *gateway)
{
	/* Here: the default route. */
	(void)gateway;
}

static void forget(const char *gateway)
{
	(void)gateway;
	/* Here: the table goes. */
}

const struct stage nat_stage = {.option = "--nat=", .outside = allow, .inside = route, .after = forget};
