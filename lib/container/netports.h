/*
 * Publishes and unpublishes ports of a running container. When a network is disconnected, the ports
 * that are unpublished with it are written to the record CT_RUN/ps_N/unpublished (lines "port=",
 * rules.h). They are published again when the container is connected again.
 */
#ifndef CT_NETPORTS_H
#define CT_NETPORTS_H

#include "container/netattach.h"

/*
 * Adds the published ports to done, with the host ports that were chosen. how: for bridge_up, if
 * the rules must be written again.
 */
int netports_publish(const struct netattach *w, const struct port_range *range,
		     struct bridge_how *how, struct ports *done, struct err *e);
int netports_unpublish(const struct netattach *w, const struct port_range *range, struct err *e);

/*
 * Publishes the recorded ports again if an endpoint leads to other networks. On a failure all of
 * them stay recorded.
 */
int netports_restore(const struct netattach *w, struct bridge_how *how, struct err *e);

#endif
