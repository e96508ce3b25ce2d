/*
 * Networks: a bridge of the host's with a subnet, on which containers meet and by which they
 * reach the outside.
 *
 * The default network, "default", is defined by the environment: CT_BRIDGE (ct0, at most 9
 * characters) is its bridge, CT_SUBNET (10.142.0.0/16) its subnet. Others are records
 * CT_ROOT/networks/NAME (number, subnet, internal, isolated); their bridges are CT_BRIDGE,
 * "n", number. Everything that is host-wide has CT_BRIDGE in its name, so that sets with
 * different ones do not meet.
 *
 *	CT_RUN/net/			0700; the lock of all networking of the set is the one on it
 *	  .forwarding			see ipforward.h
 *	  NAME/				a network that is up, or is being brought up or down
 *	    network			a record: set, bridge, subnet, internal, isolated
 *	    ADDRESS -> ps_N		leases (slot.h)
 *	CT_RUN/ps_N/net			what a container has of networks (rules.h), written before
 *					it is made, so that it is undone after any death
 *
 * They are brought up and taken down by bridge.h.
 */
#ifndef CT_NETWORK_H
#define CT_NETWORK_H

#include <stdbool.h>

#include "kernel/netlink.h"
#include "kernel/subnet.h"
#include "store/store.h"

#define NETWORK_DEFAULT "default"

struct network {
	char name[64];
	char set[12]; /* CT_BRIDGE: what rules_* call set */
	char bridge[16];
	struct subnet subnet;
	bool internal;  /* nothing to or from the outside */
	bool isolated;  /* its containers do not reach one another */
	int dir;        /* CT_RUN/net/NAME, of one that is up; -1 */
	unsigned index; /* of the bridge, after bridge_up */
};

#define NETWORK_NONE      \
	{                 \
		.dir = -1 \
	}
void network_close(struct network *n);
#define own_network __attribute__((cleanup(network_close)))

/*
 * The lock of all networking, last in the order of locks; gives the descriptor that holds it.
 * s->run must be there (store_open STORE_UP made it). Whoever calls what changes
 * something here, or claims an address, holds it. rtnl: an rtnl_open socket of the host's.
 */
int network_lock(const struct store *s, struct err *e);
/* Takes CT_RUN/net away, if it is empty. Without the lock. */
void network_tidy(const struct store *s);

/* --- definitions --- */

/* e->sys ENOENT: there is none of that name. */
int network_find(const struct store *s, const char *name, struct network *n, struct err *e);
/* All names, the default network's first. */
int network_list(const struct store *s, struct strv *names, struct err *e);

/* Whether the subnet has addresses for containers, and names for their links. */
int network_check_subnet(const struct network *n, struct err *e);
/* Names the bridge of a network with that number, which is below NETWORK_NUMBER_END. */
enum { NETWORK_NUMBER_END = 1000 };
void network_name_bridge(struct network *n, unsigned number);

/* The gateway's address: the first one, on the bridge. The first to be given is number 2, the last
 * subnet_size - 2. */
struct in_addr network_gateway(const struct network *n);
/* The name of the host's end of a member's pair: the bridge's, "v", the address's number in hex. */
void network_link(const struct network *n, struct in_addr address, char link[16]);

/* --- what is up --- */

/* What CT_RUN says of one that is up, or half so. e->sys ENOENT: it is not. */
int network_open(const struct store *s, const char *name, struct network *n, struct err *e);
/* Makes CT_RUN/net/NAME with n's record in it, and opens it. */
int network_record(const struct store *s, struct network *n, struct err *e);
/* Takes that away, leases and all. Absent is success. */
int network_unrecord(const struct store *s, const char *name, struct err *e);
/* Names of all that have one. */
int network_list_up(const struct store *s, struct strv *names, struct err *e);
/* Ids of the containers that have a lease on it (n: network_open), each once. */
int network_members(const struct store *s, const struct network *n, struct strv *ids,
		    struct err *e);

#endif
