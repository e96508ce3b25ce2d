/*
 * Enables IPv4 forwarding on single interfaces, on no more than necessary: on the bridge, and on
 * the interfaces through which the host reaches other hosts, unless they forward already. The names
 * of these interfaces are written to the record CT_RUN/net/.forwarding first, so that forwarding
 * can be restored whatever happens. The rules (rules.c) let packets from such an interface reach
 * only networks of this host, as if forwarding were disabled. On a host that forwards anyway
 * nothing is changed. If an administrator later enables forwarding for all interfaces
 * (net.ipv4.ip_forward), that is left alone.
 *
 * Several sets of networks on one host need the same interfaces. A set that finds an interface
 * enabled by another set claims it too, and a set that goes down disables only interfaces that no
 * other set claims. The claims are in nftables sets (rules.h), which every process of this network
 * namespace sees, whatever its mounts. No lock is needed: a set claims an interface before it
 * enables it; a set that goes down drops its claim, disables the interface, and enables it again if
 * another set claimed it meanwhile.
 */
#ifndef CT_IPFORWARD_H
#define CT_IPFORWARD_H

#include "base/str.h"
#include "kernel/netlink.h"

struct err;

/*
 * Whether forwarding is complete: the interface of the default route forwards, and the record in
 * dir (CT_RUN/net) still agrees with the host's global setting. Takes two or three queries to the
 * kernel.
 */
bool ipforward_ready(int dir, struct netlink *rtnl);

/*
 * Finds and records the interfaces on which forwarding has to be enabled: those to which any route
 * leads. dir: CT_RUN/net; set: CT_BRIDGE; ours: bridges of this set, which are left out. opened:
 * gets all interfaces that forward because of ct, or are about to.
 */
int ipforward_plan(int dir, struct netlink *rtnl, const char *set, const struct strv *ours,
		   struct strv *opened, struct err *e);
/* Enables forwarding on these interfaces. */
int ipforward_open(struct netlink *rtnl, const struct strv *opened, struct err *e);

/*
 * Writes shell for a script: to open, a loop over the interfaces on which ipforward_plan would
 * enable forwarding, which enables it, adds them to the tables and notes them in $opened; to close,
 * the loop that disables it again.
 */
void ipforward_shell(const char *set, struct buf *open, struct buf *close);

/*
 * Disables forwarding on the recorded interfaces that still exist and that no other set claims. The
 * caller writes the rules afterwards.
 */
int ipforward_restore(int dir, struct netlink *rtnl, const char *set, struct err *e);

#endif
