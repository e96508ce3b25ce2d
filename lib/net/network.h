/*
 * Networks: a network is a bridge of the host with a subnet. Its containers reach each other over
 * the bridge, and other networks through it.
 *
 * The default network, "default", is defined by the environment: CT_BRIDGE (ct0, at most 9
 * characters) is its bridge, CT_SUBNET (10.142.0.0/16) its subnet. Others are records
 * CT_ROOT/networks/NAME (number, subnet, internal, isolated); their bridges are CT_BRIDGE,
 * "n", number. Every host-wide object has CT_BRIDGE in its name, so that two sets with different
 * CT_BRIDGE do not interfere.
 *
 *	CT_RUN/net/			mode 0700; the lock of the networks is on this directory
 *	  .forwarding			see ipforward.h
 *	  NAME/				a network that is up, or is being brought up or down
 *	    network			a record: set, bridge, subnet, internal, isolated
 *	    ADDRESS -> ps_N		leases (slot.h)
 *	CT_RUN/ps_N/net			a container's endpoints and ports (rules.h), written before
 *					they are made, so that they are removed after any crash
 *
 * bridge.h brings networks up and down.
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
	char set[12]; /* CT_BRIDGE, the set of the rules_ functions */
	char bridge[16];
	struct subnet subnet;
	bool internal;  /* no traffic to or from other networks */
	bool isolated;  /* no traffic between its containers */
	int dir;        /* CT_RUN/net/NAME of a network that is up; else -1 */
	unsigned index; /* the bridge's interface index, after bridge_up */
};

#define NETWORK_NONE      \
	{                 \
		.dir = -1 \
	}
void network_close(struct network *n);
#define own_network __attribute__((cleanup(network_close)))

/*
 * Takes the lock of the networks, the last in the order of locks, and returns the descriptor that
 * holds it. s->run must exist (store_open with STORE_UP makes it). The caller of a function that
 * changes something here, or claims an address, holds this lock.
 *
 * In the functions below, rtnl is an rtnl_open socket of the host.
 */
int network_lock(const struct store *s, struct err *e);
/* Removes CT_RUN/net if it is empty. Call it without the lock. */
void network_tidy(const struct store *s);

/* --- definitions --- */

/* Reads a network's definition. e->sys ENOENT: no network has that name. */
int network_find(const struct store *s, const char *name, struct network *n, struct err *e);
/* Lists the names of all networks, the default network first. */
int network_list(const struct store *s, struct strv *names, struct err *e);

/* Fails if the subnet has too few addresses for containers, or too many for the interfaces' names.
 * */
int network_check_subnet(const struct network *n, struct err *e);
/* Fills in the bridge's name from the network's number, which is below NETWORK_NUMBER_END. */
enum { NETWORK_NUMBER_END = 1000 };
void network_name_bridge(struct network *n, unsigned number);

/*
 * The gateway: address number 1 of the subnet, on the bridge. Containers get the numbers from 2 to
 * subnet_size - 2.
 */
struct in_addr network_gateway(const struct network *n);
/* The name of the host's end of a veth pair: the bridge's name, "v", the address's number in hex.
 * */
void network_link(const struct network *n, struct in_addr address, char link[16]);

/* --- networks that are up --- */

/* Reads the record in CT_RUN of a network that is up, even partly. e->sys ENOENT: it is down. */
int network_open(const struct store *s, const char *name, struct network *n, struct err *e);
/* Makes CT_RUN/net/NAME with a record of n, and opens the directory. */
int network_record(const struct store *s, struct network *n, struct err *e);
/* Removes that directory with all leases. A missing directory is success. */
int network_unrecord(const struct store *s, const char *name, struct err *e);
/* Lists the names of all networks that are up. */
int network_list_up(const struct store *s, struct strv *names, struct err *e);
/* Lists the ids of the containers that have a lease on n (from network_open), each once. */
int network_members(const struct store *s, const struct network *n, struct strv *ids,
		    struct err *e);

#endif
