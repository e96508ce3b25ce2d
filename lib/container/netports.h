/*
 * Ports of a running container, published and taken back. What a disconnected network takes
 * with it is noted in the record CT_RUN/ps_N/unpublished (lines "port=", rules.h), and is back
 * when the container is connected again.
 */
#ifndef CT_NETPORTS_H
#define CT_NETPORTS_H

#include "container/netattach.h"

/* Adds what was published to done, with the numbers of ports that were given. how: for rules that
 * must be written again. */
int netports_publish(const struct netattach *w, const struct port_range *range,
		     struct bridge_how *how, struct ports *done, struct err *e);
int netports_unpublish(const struct netattach *w, const struct port_range *range, struct err *e);

/* Publishes again what went with a network, if there is a way out. On a failure all of it stays
 * noted. */
int netports_restore(const struct netattach *w, struct bridge_how *how, struct err *e);

#endif
