/*
 * Forwarding of IPv4 packets, switched on link by link and no further than needed: for the
 * bridge, and for the links by which the host reaches anything, if they do not forward already.
 * Which ones is noted in the record CT_RUN/net/.forwarding before, so that
 * it can be put back whatever happens. What comes in by such a link goes to networks of this
 * host only (rules.c), as if it were not switched on. On a host that forwards anyway nothing is
 * changed; if somebody switches all of it on later (net.ipv4.ip_forward), that is his, and is not
 * put back.
 *
 * Several sets of networks on one host need the same links. A set that finds a link opened by
 * another one notes it too, and who leaves closes only what nobody else claims. They
 * know of each other by the packet filter (rules.h), which every process of this network
 * namespace sees, whatever its mounts. No lock is needed: who opens claims first and switches
 * on then; who leaves gives up the claim, closes, and opens again what was claimed meanwhile.
 */
#ifndef CT_IPFORWARD_H
#define CT_IPFORWARD_H

#include "base/str.h"
#include "kernel/netlink.h"

struct err;

/*
 * Whether all is as it should be: what leaves by the default route can come back, and what is
 * noted in dir (CT_RUN/net) still holds. Two or three questions to the kernel.
 */
bool ipforward_ready(int dir, struct netlink *rtnl);

/*
 * Finds where it has to be switched on, that is where any route leads, and notes that. dir:
 * CT_RUN/net; set: CT_BRIDGE; ours: bridges of ours, which are left out. opened: all links that
 * forward because of ct, or are about to.
 */
int ipforward_plan(int dir, struct netlink *rtnl, const char *set, const struct strv *ours,
		   struct strv *opened, struct err *e);
/* Switches it on. */
int ipforward_open(const struct strv *opened, struct err *e);

/* Puts everything back that is there still and that no other set claims. The rules are to be
 * written after it. */
int ipforward_restore(int dir, struct netlink *rtnl, const char *set, struct err *e);

#endif
