/*
 * A private network namespace with only a loopback for one test, or for a whole group whose module
 * keeps a socket (nft.h). net_leave returns to the original namespace. Needs root.
 */
#ifndef CT_PRIVATE_NET_H
#define CT_PRIVATE_NET_H

#include <net/if.h>
#include <sched.h>

#include "unit.h"

static int net_before = -1;

static inline int netstage_enter(void **state)
{
	(void)state;
	net_before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return net_before < 0 ? -1 : unshare(CLONE_NEWNET);
}

static inline int net_leave(void **state)
{
	(void)state;
	return setns(net_before, CLONE_NEWNET) | close(net_before);
}

#define unit_test_net(f) cmocka_unit_test_setup_teardown(f, netstage_enter, net_leave)

#endif
