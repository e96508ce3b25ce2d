/*
 * A container's endpoint on a network: its address (leased from the network), its veth pair, its
 * elements in the nftables sets, and its name for other containers. Everything is written to the
 * record CT_RUN/ps_N/net before it is made:
 *
 *	set=CT_BRIDGE
 *	name=NAME ALIAS...		if the container has names
 *	member=..., port=...		rules.h
 *
 * This record is enough to remove everything, whichever process was killed at which moment.
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
	struct in_addr gateway; /* 0: no default route */
	unsigned bridge;        /* the bridge's interface index */
	char bridge_name[16];
	bool isolated;
};

/* Describes the endpoint with this address. inside: the name of the container's interface. */
void endpoint_describe(const struct network *n, struct in_addr address, const char *inside,
		       struct endpoint *m);
/*
 * Chooses a free address of a network that is up, and describes the endpoint. The caller holds the
 * lock of the networks until endpoint_record. e->sys EADDRNOTAVAIL: no address is free.
 */
int endpoint_choose(const struct store *s, const struct network *n, const char *id,
		    const char *inside, struct endpoint *m, struct err *e);
/*
 * The same for an address that the user chose. e->sys EADDRNOTAVAIL: another container has it.
 */
int endpoint_choose_at(const struct store *s, const struct network *n, const char *id,
		       const char *inside, struct in_addr address, struct endpoint *m,
		       struct err *e);
/* The names of a container for the others, with spaces between; NULL: none. The caller frees it. */
char *endpoint_names(const char *name, const struct strv *aliases);

/*
 * Writes the record of a container, then leases the address of m, adds the elements to the nftables
 * sets and publishes the name. The caller holds the lock of the networks.
 */
int endpoint_record(const struct store *s, const struct network *n, const char *id,
		    const struct record *net, const struct endpoint *m, struct err *e);

/*
 * Makes the veth pair: one end on the bridge, the other in the network namespace netns. name: the
 * namespace's name (endpoint_netns). id NULL: without the names that tell of the container. To a
 * text (netlink_text) this and the next function write shell.
 */
int endpoint_pair(struct netlink *rtnl, const struct endpoint *m, const char *id, int netns,
		  const char *name, struct err *e);
/* Configures the container's end through a socket of its namespace: loopback, address, default
 * route. */
int endpoint_configure(struct netlink *inside, const struct endpoint *m, const char *id,
		       struct err *e);

/* Reads CT_RUN/ps_N/net. e->sys ENOENT: the container is on no network. */
int endpoint_read(const struct store *s, const char *id, struct record *net, struct err *e);
/* Writes CT_RUN/ps_N/net, or removes it if the record has no endpoint. */
int endpoint_write(const struct store *s, const char *id, const struct record *net, struct err *e);

/*
 * Releases what the lines of a record stand for, except interfaces: elements of nftables sets
 * (unless set is NULL), names and leases. The caller holds the lock of the networks.
 */
int endpoint_let_go(const struct store *s, const char *id, const struct record *gone,
		    const char *set, struct err *e);

/* Records that container id shares the network namespace of container with, for the cleanup of
 * both. */
int endpoint_share(const struct store *s, const char *with, const char *id, struct err *e);

/*
 * Releases everything that a container without processes has of networks. (Its interfaces vanish
 * with its network namespace.) If there is nothing to release, that is success. Takes the lock of
 * the networks.
 */
int endpoint_clean(const struct store *s, const char *id, struct err *e);

/*
 * The name of a container's network namespace for ip-netns(8): the container's id. In a set with
 * another CT_RUN, "-" and a number computed from CT_RUN follow, because several sets use the same
 * ids. The caller frees it.
 */
char *endpoint_netns(const struct store *s, const char *id);
/*
 * Makes /run/netns/NAME, a symbolic link to the namespace of the process. Unlike a bind mount, it
 * does not keep the namespace alive. If the name exists already, no link is made.
 */
void endpoint_show(const struct store *s, const char *id, pid_t pid);
/* Removes the link, if it leads to this container's namespace. */
int endpoint_hide(const struct store *s, const char *id, struct err *e);

#endif
