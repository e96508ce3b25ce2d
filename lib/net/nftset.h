/*
 * What a container has of the packet filter, straight into and out of the sets and maps of
 * rules.h: elements of its ends on networks and of its published ports, from the lines of
 * CT_RUN/ps_N/net. A few microseconds each, whatever else there is.
 */
#ifndef CT_NFTSET_H
#define CT_NFTSET_H

#include <stdbool.h>

#include "base/record.h"

struct err;

/*
 * Adds all that the record has, or takes it away; set: CT_BRIDGE. Each one, whatever becomes of
 * the others; the error is of the first that failed. e->sys ENOENT: there are no tables.
 *
 * Whoever adds a port holds it (port.h), so an element for it that is there already was left by
 * the dead, and is replaced; one that is another's by now is not taken away.
 */
int nftset_put(const char *set, bool add, const struct record *net, struct err *e);

#endif
