/* nat.c: a way out, and a way back. --nat=GATEWAY */
#include "box.h"

static void allow(const char *gateway, pid_t child)
{
	(void)gateway;
	put("/proc/sys/net/ipv4/ip_forward", "1");
	(void)child;
	run("nft 'table ip box%d { chain out { type nat hook postrouting priority 100; "
	    "iifname box0 oifname != box0 masquerade; }; }'", getpid());
}

static void route(const char *gateway)
{
	run("ip route add default via %s", gateway);
}

static void forget(const char *gateway)
{
	(void)gateway;
	run("nft delete table ip box%d", getpid());
}

const struct stage nat_stage = {.option = "--nat=", .outside = allow, .inside = route, .after = forget};
