/* Creates and removes definitions of networks (network.h), whose subnets must not overlap. */
#ifndef CT_NETDEF_H
#define CT_NETDEF_H

#include "net/network.h"

/*
 * Fails if another network, or a route of the host (except of n's own bridge), overlaps n's subnet.
 * The error names the network or route.
 */
int netdef_check_overlap(const struct store *s, struct netlink *rtnl, const struct network *n,
			 struct err *e);

/*
 * Defines n (name, internal, isolated) with the subnet (NULL: a free one), and fills in the rest of
 * n. Refused if the subnet overlaps another network or a route of the host.
 */
int netdef_create(const struct store *s, struct netlink *rtnl, struct network *n,
		  const char *subnet, struct err *e);
/* Deletes a definition. Refused while the network is up, and for the default network. */
int netdef_remove(const struct store *s, const char *name, struct err *e);

#endif
