/* Definitions of networks (network.h) made and removed, with subnets that overlap nothing. */
#ifndef CT_NETDEF_H
#define CT_NETDEF_H

#include "net/network.h"

/* Refused if another network or a route of the host (but of n's own bridge) overlaps n's subnet;
 * says which. */
int netdef_check_overlap(const struct store *s, struct netlink *rtnl, const struct network *n,
			 struct err *e);

/*
 * Defines n (name, internal, isolated) with that subnet (NULL: one that is free), and fills the
 * rest in. Refused if the subnet overlaps another network's or a route of the host.
 */
int netdef_create(const struct store *s, struct netlink *rtnl, struct network *n,
		  const char *subnet, struct err *e);
/* Forgets the definition. Refused while it is up, and for the default network. */
int netdef_remove(const struct store *s, const char *name, struct err *e);

#endif
