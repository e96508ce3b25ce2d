/*
 * Networks brought up and taken down: the bridge with its address, the rules, forwarding.
 * What is up is judged by the kernel: the bridge is set up last of all that a network needs,
 * so that whatever a kill left half-way is seen, and completed by the next bridge_up.
 *
 * Under the lock of the networks (network_lock), which the caller holds. rtnl: an rtnl_open
 * socket of the host's namespace.
 */
#ifndef CT_BRIDGE_H
#define CT_BRIDGE_H

#include "net/network.h"

struct bridge_how {
	bool thorough;  /* see to everything, even if all looks well */
	char note[600]; /* what the user should be told, or "" */
};
/*
 * Makes sure that the network is up, and fills in n. If it is (bridge up, both tables there,
 * packets forwarded) that is a few questions to the kernel, and nothing is written. What is
 * missing is made; rules with all their elements, from the records CT_RUN/ps_N/net.
 * Refused if a route of the host overlaps the subnet. On failure nothing new is left.
 */
int bridge_up(const struct store *s, struct netlink *rtnl, const char *name, struct bridge_how *how,
	      struct network *n, struct err *e);

/*
 * A step of that alone: the bridge with its address, up, and no rules; a later bridge_up adds what
 * is missing. Refused as there.
 */
int bridge_only(const struct store *s, struct netlink *rtnl, const char *name, struct err *e);

/*
 * Takes the network away; with the last one the tables go, and forwarding is put back. Refused
 * if it has members. Not being up is success.
 */
int bridge_down(const struct store *s, struct netlink *rtnl, const char *name, struct err *e);

#endif
