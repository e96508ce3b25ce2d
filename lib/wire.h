/*
 * What a running container has of networks, changed: connected, disconnected, ports published
 * and taken back; or one step of that alone, for a container that began without.
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
/* network NULL: the one that it is on. Ports that lead there go too. */
int wire_disconnect(const struct wire *w, const char *network, struct err *e);

/* Adds what was published to done, with the numbers of ports that were given. how: for rules that must be written again. */
int wire_publish(const struct wire *w, const struct port_range *range, struct bridge_how *how, struct ports *done,
		 struct err *e);
int wire_unpublish(const struct wire *w, const struct port_range *range, struct err *e);

/* Steps: the pair alone, on a network whose bridge is there; then its address; then its default route. */
int wire_pair(const struct wire *w, const char *network, struct err *e);
int wire_address(const struct wire *w, struct err *e);
int wire_route(const struct wire *w, struct err *e);

#endif
