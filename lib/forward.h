/*
 * Forwarding of IPv4 packets, switched on link by link and no further than needed: for the
 * bridge, and for the links by which the host reaches anything, if they do not forward already.
 * Which ones is noted in the record CT_RUN/net/.forwarding before, so that
 * it can be put back whatever happens. What comes in by such a link goes to our bridges only
 * (rules.h), as if it were not switched on. On a host that forwards anyway nothing is changed;
 * if somebody switches all of it on later (net.ipv4.ip_forward), that is his, and is not put back.
 */
#ifndef CT_FORWARD_H
#define CT_FORWARD_H

#include "netlink.h"
#include "str.h"

struct err;

/* Whether what leaves by the default route can come back: two questions to the kernel. */
bool forward_ready(struct netlink *rtnl);

/*
 * Finds where it has to be switched on, that is where any route leads, and notes that. dir:
 * CT_RUN/net; ours: bridges of ours, which are left out. opened: all links that forward
 * because of us, or are about to.
 */
int forward_plan(int dir, struct netlink *rtnl, const struct strv *ours, struct strv *opened, struct err *e);
/* Switches it on. */
int forward_open(const struct strv *opened, struct err *e);

/* Puts everything back, as far as it is there still. */
int forward_restore(int dir, struct netlink *rtnl, struct err *e);

#endif
