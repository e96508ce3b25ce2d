/*
 * Links, addresses and routes by rtnetlink (libmnl), in-process: rtnetlink(7),
 * the kernel's Documentation/netlink/specs/rt_link.yaml. What a function here asks
 * for is one send and one wait, however many messages it takes.
 *
 * A socket belongs to the network namespace that it was opened in. IPv4 addresses are in
 * network byte order, as in struct in_addr. Errors name what was to be done and to which link.
 *
 * To a text (netlink_text) the functions that change something write ip(8) and bridge(8) lines.
 */
#ifndef CT_RTNL_H
#define CT_RTNL_H

#include "kernel/netlink.h"
#include "kernel/subnet.h"

/* A socket for it, to be owned with own_netlink; netns as in netlink_open. */
struct netlink *rtnl_open(int netns, struct err *e);

struct rtnl_link {
	unsigned index, master;
	char name[16];
	char kind[16]; /* "bridge", "veth", "" */
	uint8_t mac[6];
	bool up, carrier;
};
/* A link by its name or altname. 1; 0: there is none; -1. */
int rtnl_find(struct netlink *n, const char *name, struct rtnl_link *out, struct err *e);
/* The same by its index. */
int rtnl_find_index(struct netlink *n, unsigned index, struct rtnl_link *out, struct err *e);

/* A bridge with that hardware address, all of whose frames pass its filters, not up yet; e->sys
 * EEXIST. */
int rtnl_bridge(struct netlink *n, const char *name, const uint8_t mac[6], struct err *e);

struct rtnl_pair {
	const char *name;    /* our end */
	const char *altname; /* also called that; left out if taken. NULL: none */
	/* The bridge that our end becomes a port of. A message has its index (0: none), shell its
	 * name. */
	unsigned bridge;
	const char *bridge_name;
	bool isolated;    /* the port meets no other isolated port (needs bridge) */
	const char *peer; /* the other end's name: "eth0" */
	int peer_netns;   /* the namespace it is made in, and its name in shell */
	const char *peer_netns_name;
	uint8_t peer_mac[6];
};
/*
 * A veth pair; our end is up, the other end down (brought up in the message that makes it, it would
 * fail). A port may send back where it got something from (hairpin): a container that asks the host
 * for a port which is its own needs that when bridged frames pass iptables.
 * Nothing is left on failure. e->sys: EEXIST (a name is taken), EXFULL (the bridge has no port
 * left).
 */
int rtnl_pair(struct netlink *n, const struct rtnl_pair *p, struct err *e);

int rtnl_up(struct netlink *n, const char *link, bool up, struct err *e);
/* Success also if there is no such link. Of a veth it takes 40 ms: let its namespace die instead. */
int rtnl_delete(struct netlink *n, const char *link, struct err *e);
/* Having that address already is success. */
int rtnl_address(struct netlink *n, const char *link, const struct subnet *a, struct err *e);
/* Replaces the default route there is. */
int rtnl_default_route(struct netlink *n, const char *link, struct in_addr gateway, struct err *e);

/*
 * All of a container's end in one send, by a socket of its namespace: lo up; the altname (NULL:
 * none; left out if taken), address, up, default route (gateway 0: none).
 */
int rtnl_configure(struct netlink *n, const char *link, const char *altname, const struct subnet *a,
		   struct in_addr gateway, struct err *e);

/*
 * Writes a kernel setting of the network, such as "net/ipv4/conf/eth0/forwarding", in the namespace
 * of the caller. n NULL: to the kernel.
 */
int rtnl_sysctl(struct netlink *n, const char *name, const char *value, struct err *e);

struct rtnl_route {
	struct subnet to; /* prefix 0: default */
	unsigned link;    /* index; 0: none (a blackhole) or several */
	bool local;       /* an address of this host */
};
/*
 * Calls one for each IPv4 route of the namespace: to hosts and networks in any table, and to
 * its own addresses. one gives a number above 0 to end it, which is returned; it must not use n.
 */
int rtnl_routes(struct netlink *n, int (*one)(const struct rtnl_route *, void *arg), void *arg,
		struct err *e);

/* The index of the link by which an address is reached; 0: it is not. */
unsigned rtnl_link_to(struct netlink *n, struct in_addr to);

/* Whether IPv4 packets that arrive at a link (index; -1: at any, the host's own switch) are
 * forwarded. */
bool rtnl_forwards(struct netlink *n, int link);

#endif
