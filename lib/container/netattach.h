/*
 * Changes the network attachments of a running container: connects it, disconnects it, or does a
 * single step of connecting, for a container that was started without a network.
 */
#ifndef CT_NETATTACH_H
#define CT_NETATTACH_H

#include "container/container.h"
#include "net/bridge.h"
#include "net/port.h"

struct err;

/* The container to change. rtnl: an rtnl_open socket of the host. ref: the user's name for it. */
struct netattach {
	const struct store *store;
	struct netlink *rtnl;
	const char *ref;
	struct container container;
	pid_t pid; /* of the first process */
	int netns;
};

#define NETATTACH_NONE                                   \
	{                                                \
		.container = CONTAINER_NONE, .netns = -1 \
	}
/* Fails if the container does not run, or uses the host's network. */
int netattach_open(struct netattach *w, const struct store *s, struct netlink *rtnl,
		   const char *ref, struct err *e);
void netattach_close(struct netattach *w);
#define own_netattach __attribute__((cleanup(netattach_close)))

int netattach_connect(const struct netattach *w, const char *network, struct bridge_how *how,
		      struct err *e);
/*
 * network NULL: the only network of the container. Published ports that lead there are unpublished,
 * see netports_restore.
 */
int netattach_disconnect(const struct netattach *w, const char *network, struct err *e);

#define NETATTACH_UNPUBLISHED "unpublished"

/* Reads the container's network record, or an empty one. The caller holds the lock of the networks.
 */
int netattach_read(const struct netattach *w, struct record *net, struct err *e);
int netattach_write(const struct netattach *w, const struct record *net, struct err *e);
/* Splits a record: lines for which `is` is true go to `gone`, the others to `kept`. */
void netattach_split(const struct record *net,
		     bool (*is)(const char *key, const char *value, const void *arg),
		     const void *arg, struct record *kept, struct record *gone);
/*
 * Returns 1 if an endpoint leads to other networks: m is the first such endpoint, n its network.
 * Returns 0 if there is none.
 */
int netattach_find_way_out(const struct netattach *w, const struct record *net,
			   struct rules_member *m, struct network *n);
/* Makes the supervisor release the ports among the lines. */
void netattach_drop_ports(const struct netattach *w, const struct record *gone);

/*
 * The single steps of connecting: the veth pair, on a network whose bridge exists; then the
 * address; then the default route.
 */
int netattach_pair(const struct netattach *w, const char *network, struct err *e);
int netattach_address(const struct netattach *w, struct err *e);
int netattach_route(const struct netattach *w, struct err *e);

#endif
