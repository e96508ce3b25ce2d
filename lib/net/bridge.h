/*
 * Brings networks up and down: the bridge with its address, the nftables rules, forwarding.
 *
 * The kernel's state decides whether a network is up. The bridge is set up after everything else,
 * so if a command is killed half-way, the bridge is still down and the next bridge_up completes the
 * work.
 *
 * The caller holds the lock of the networks (network_lock). rtnl: an rtnl_open socket of the host's
 * network namespace.
 */
#ifndef CT_BRIDGE_H
#define CT_BRIDGE_H

#include "net/network.h"

struct bridge_how {
	bool thorough;  /* check and repair everything, even if the network looks up */
	char note[600]; /* a note for the user, or "" */
};
/*
 * Makes sure that the network is up, and fills in n. If the network is up already (bridge up, both
 * tables present, forwarding enabled), only a few queries go to the kernel and nothing is written.
 * Otherwise the missing parts are made; the rules get all their elements from the records
 * CT_RUN/ps_N/net. Refused if a route of the host overlaps the subnet. A failure is undone.
 */
int bridge_up(const struct store *s, struct netlink *rtnl, const char *name, struct bridge_how *how,
	      struct network *n, struct err *e);

/*
 * Makes only the bridge, with its address, and sets it up, without rules. A later bridge_up adds
 * the rest. Refused in the same cases.
 */
int bridge_only(const struct store *s, struct netlink *rtnl, const char *name, struct err *e);

/* Makes the bridge and its settings, or writes shell that does, if rtnl is a text (netlink_text).
 * exists: it is there, and only its settings are made. */
int bridge_make(struct netlink *rtnl, const struct network *n, bool exists, struct err *e);

/*
 * Takes the network down. With the last network, the tables are removed and forwarding is restored.
 * Refused if the network has members. A network that is not up is success.
 */
int bridge_down(const struct store *s, struct netlink *rtnl, const char *name, struct err *e);

#endif
