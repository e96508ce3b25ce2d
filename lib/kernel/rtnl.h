/*
 * Interfaces, addresses and routes by rtnetlink (libmnl), without a program: rtnetlink(7), the
 * kernel's Documentation/netlink/specs/rt_link.yaml. Each function sends its messages in one
 * request and waits once.
 *
 * A socket belongs to the network namespace in which it was opened. IPv4 addresses are in
 * network byte order, as in struct in_addr. Errors name the action and the interface.
 *
 * With a text as target (netlink_text), functions that change something write ip(8), bridge(8) and
 * sysctl(8) commands.
 */
#ifndef CT_RTNL_H
#define CT_RTNL_H

#include "kernel/netlink.h"
#include "kernel/subnet.h"

/* Opens a socket, for own_netlink; netns as in netlink_open. */
struct netlink *rtnl_open(int netns, struct err *e);

struct rtnl_link {
	unsigned index, master;
	char name[16];
	char kind[16]; /* "bridge", "veth", "" */
	uint8_t mac[6];
	bool up, carrier;
};
/* Finds an interface by its name or altname. 1: found; 0: there is none; -1: error. */
int rtnl_find(struct netlink *n, const char *name, struct rtnl_link *out, struct err *e);
/* The same by the interface's index. */
int rtnl_find_index(struct netlink *n, unsigned index, struct rtnl_link *out, struct err *e);

/* Makes a bridge with this MAC address, whose filters see all frames; it is not up yet. e->sys
 * EEXIST: the name is taken. */
int rtnl_bridge(struct netlink *n, const char *name, const uint8_t mac[6], struct err *e);

struct rtnl_pair {
	const char *name;    /* the host's end */
	const char *altname; /* an altname, left out if it is taken; NULL: none */
	/* The bridge of which the host's end becomes a port. Messages have its index (0: none),
	 * commands its name. */
	unsigned bridge;
	const char *bridge_name;
	bool isolated;    /* the port cannot reach other isolated ports (needs bridge) */
	const char *peer; /* the other end's name: "eth0" */
	int peer_netns;   /* the other end's namespace, and its name in commands */
	const char *peer_netns_name;
	uint8_t peer_mac[6];
};
/*
 * Makes a veth pair; the host's end is up, the other end down (the kernel refuses to set it up in
 * the same message). The port has hairpin mode: a container that reaches its own published port
 * needs it when bridged frames pass iptables. Nothing is left on failure. e->sys: EEXIST (a name is
 * taken), EXFULL (the bridge has no port left).
 */
int rtnl_pair(struct netlink *n, const struct rtnl_pair *p, struct err *e);

int rtnl_up(struct netlink *n, const char *link, bool up, struct err *e);
/* A missing interface is success. Deleting a veth takes 40 ms: let its namespace die instead. */
int rtnl_delete(struct netlink *n, const char *link, struct err *e);
/* An existing address is success. */
int rtnl_address(struct netlink *n, const char *link, const struct subnet *a, struct err *e);
/* Replaces the default route. */
int rtnl_default_route(struct netlink *n, const char *link, struct in_addr gateway, struct err *e);

/*
 * Configures a container's end in one request, through a socket of its namespace: lo up; the
 * altname (NULL: none; left out if taken), address, up, default route (gateway 0: none).
 */
int rtnl_configure(struct netlink *n, const char *link, const char *altname, const struct subnet *a,
		   struct in_addr gateway, struct err *e);

/*
 * Writes a kernel setting of the network, such as "net/ipv4/conf/eth0/forwarding", in the namespace
 * of the caller. n NULL: to the kernel. In a text, a part of the name may be a variable of the
 * script: "net/ipv4/conf/$link/forwarding".
 */
int rtnl_sysctl(struct netlink *n, const char *name, const char *value, struct err *e);

struct rtnl_route {
	struct subnet to; /* prefix 0: default */
	unsigned link;    /* index; 0: none (a blackhole) or several */
	bool local;       /* a route to an address of this host */
};
/*
 * Calls one for each IPv4 route of the namespace: to hosts and networks in any table, and to its
 * own addresses. A value above 0 from one stops the calls and is returned; one must not use n.
 */
int rtnl_routes(struct netlink *n, int (*one)(const struct rtnl_route *, void *arg), void *arg,
		struct err *e);

/* The index of the interface through which an address is reached; 0: none. */
unsigned rtnl_link_to(struct netlink *n, struct in_addr to);

/* Whether IPv4 packets that arrive at an interface (its index; -1: the host's global setting) are
 * forwarded. */
bool rtnl_forwards(struct netlink *n, int link);

#endif
