/*
 * What a running container has of networks, changed: connected, disconnected; or one step of
 * that alone, for a container that began without.
 */
#ifndef CT_NETATTACH_H
#define CT_NETATTACH_H

#include "container/container.h"
#include "net/bridge.h"
#include "net/port.h"

struct err;

/* Whose it is. rtnl: an rtnl_open socket of the host's. ref: as the user calls it. */
struct netattach {
	const struct store *store;
	struct netlink *rtnl;
	const char *ref;
	struct container container;
	pid_t pid; /* of its first process */
	int netns;
};

#define NETATTACH_NONE                                   \
	{                                                \
		.container = CONTAINER_NONE, .netns = -1 \
	}
/* Refused if the container does not run, or is on the host's network. */
int netattach_open(struct netattach *w, const struct store *s, struct netlink *rtnl,
		   const char *ref, struct err *e);
void netattach_close(struct netattach *w);
#define own_netattach __attribute__((cleanup(netattach_close)))

int netattach_connect(const struct netattach *w, const char *network, struct bridge_how *how,
		      struct err *e);
/* network NULL: the one that it is on. Ports that lead there go too, see netports_restore. */
int netattach_disconnect(const struct netattach *w, const char *network, struct err *e);

#define NETATTACH_UNPUBLISHED "unpublished"

/* Its record, under the lock; an empty one if it has none. */
int netattach_read(const struct netattach *w, struct record *net, struct err *e);
int netattach_write(const struct netattach *w, const struct record *net, struct err *e);
/* Lines of a record that `is` chooses go to `gone`, and all others to `kept`. */
void netattach_split(const struct record *net,
		     bool (*is)(const char *key, const char *value, const void *arg),
		     const void *arg, struct record *kept, struct record *gone);
/* 1: m is the first of its ends by which the outside is reached, n its network; 0: there is none. */
int netattach_find_way_out(const struct netattach *w, const struct record *net,
			   struct rules_member *m, struct network *n);
/* Has the supervisor let go of ports that are among the lines. */
void netattach_drop_ports(const struct netattach *w, const struct record *gone);

/* Steps: the pair alone, on a network whose bridge is there; then its address; then its default
 * route. */
int netattach_pair(const struct netattach *w, const char *network, struct err *e);
int netattach_address(const struct netattach *w, struct err *e);
int netattach_route(const struct netattach *w, struct err *e);

#endif
