/*
 * What a running container has of networks, changed: connected, disconnected; or one step of
 * that alone, for a container that began without.
 */
#ifndef CT_WIRE_H
#define CT_WIRE_H

#include "bridge.h"
#include "container.h"
#include "port.h"

struct err;

/* Whose it is. rtnl: an rtnl_open socket of the host's. ref: as the user calls it. */
struct wire {
	const struct store *store;
	struct netlink *rtnl;
	const char *ref;
	struct container container;
	pid_t pid;			/* of its first process */
	int netns;
};

#define WIRE_NONE {.container = CONTAINER_NONE, .netns = -1}
/* Refused if the container does not run, or is on the host's network. */
int wire_open(struct wire *w, const struct store *s, struct netlink *rtnl, const char *ref, struct err *e);
void wire_close(struct wire *w);
#define own_wire __attribute__((cleanup(wire_close)))

int wire_connect(const struct wire *w, const char *network, struct bridge_how *how, struct err *e);
/* network NULL: the one that it is on. Ports that lead there go too, see wireports_restore. */
int wire_disconnect(const struct wire *w, const char *network, struct err *e);

#define WIRE_UNPUBLISHED "unpublished"

/* Its record, under the lock; an empty one if it has none. */
int wire_read(const struct wire *w, struct record *net, struct err *e);
int wire_write(const struct wire *w, const struct record *net, struct err *e);
/* Lines of a record that `is` chooses go to `gone`, and all others to `kept`. */
void wire_split(const struct record *net, bool (*is)(const char *key, const char *value, const void *arg), const void *arg,
		struct record *kept, struct record *gone);
/* 1: m is the first of its ends by which the outside is reached, n its network; 0: there is none. */
int wire_find_way_out(const struct wire *w, const struct record *net, struct rules_member *m, struct network *n);
/* Has the supervisor let go of ports that are among the lines. */
void wire_drop_ports(const struct wire *w, const struct record *gone);

/* Steps: the pair alone, on a network whose bridge is there; then its address; then its default route. */
int wire_pair(const struct wire *w, const char *network, struct err *e);
int wire_address(const struct wire *w, struct err *e);
int wire_route(const struct wire *w, struct err *e);

#endif
