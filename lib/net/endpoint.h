/*
 * A container's end on a network: its address (leased from the network), its pair of links, and
 * what is told of it. All of it is in the record CT_RUN/ps_N/net before it is made:
 *
 *	set=CT_BRIDGE
 *	name=NAME			if it has one
 *	member=..., port=...		rules.h
 *
 * Taking it all away needs nothing but that record, whoever died when.
 */
#ifndef CT_ENDPOINT_H
#define CT_ENDPOINT_H

#include <sys/types.h>

#include "base/record.h"
#include "net/network.h"
#include "net/rules.h"

struct endpoint {
	struct rules_member at;
	struct subnet address;  /* with the network's prefix */
	struct in_addr gateway; /* 0: there is no way out */
	unsigned bridge;        /* its index */
	char bridge_name[16];
	bool isolated;
};

/*
 * A free address of a network that is up, for a container. Under the lock until endpoint_record.
 * inside: what its link is called. e->sys EADDRNOTAVAIL: there is none.
 */
int endpoint_choose(const struct store *s, const struct network *n, const char *id,
		    const char *inside, struct endpoint *m, struct err *e);
/*
 * Writes the record of a container, then leases the addresses (each m's), adds the elements, and
 * tells the name. Under the lock of the networks.
 */
int endpoint_record(const struct store *s, const struct network *n, const char *id,
		    const struct record *net, const struct endpoint *m, struct err *e);

/* The pair: one end on the bridge, the other in that network namespace, which is called name
 * (endpoint_netns). */
int endpoint_pair(struct netlink *rtnl, const struct endpoint *m, const char *id, int netns,
		  const char *name, struct err *e);
/* The other end, by a socket of that namespace: loopback, address and route too. */
int endpoint_configure(struct netlink *inside, const struct endpoint *m, const char *id,
		       struct err *e);

/* CT_RUN/ps_N/net. e->sys ENOENT: it is on no network. */
int endpoint_read(const struct store *s, const char *id, struct record *net, struct err *e);
/* Writes it; one without an end on any network is taken away. */
int endpoint_write(const struct store *s, const char *id, const struct record *net, struct err *e);

/*
 * What lines of a record stand for, but for links: elements (set NULL: not these), names, leases.
 * Under the lock of the networks.
 */
int endpoint_let_go(const struct store *s, const char *id, const struct record *gone,
		    const char *set, struct err *e);

/* Notes that one shares another's network namespace, for both to be cleaned up after. */
int endpoint_share(const struct store *s, const char *with, const char *id, struct err *e);

/*
 * Takes away all that a container has of networks, for one whose processes are gone (its links go
 * with its network namespace). Nothing to take away is success. Takes the lock itself.
 */
int endpoint_clean(const struct store *s, const char *id, struct err *e);

/*
 * The name of a container's network namespace for ip-netns(8): its id; in sets whose CT_RUN is not
 * the default one, its id, "-" and a number made of CT_RUN, since ids of several sets are
 * alike. The caller frees it.
 */
char *endpoint_netns(const struct store *s, const char *id);
/*
 * /run/netns/NAME: a link to the namespace of that process, which holds
 * nothing. Left out if something of that name is there.
 */
void endpoint_show(const struct store *s, const char *id, pid_t pid);
void endpoint_hide(const struct store *s, const char *id);

#endif
