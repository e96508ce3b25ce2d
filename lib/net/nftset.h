/*
 * Adds a container's elements to the nftables sets and maps of rules.h, and removes them: those of
 * its endpoints and published ports, from the lines of CT_RUN/ps_N/net. It uses netlink directly
 * and takes a few microseconds for each element, however many other elements there are.
 */
#ifndef CT_NFTSET_H
#define CT_NFTSET_H

#include <stdbool.h>

#include "base/record.h"

struct err;

/*
 * Adds or removes all elements of the record. set: CT_BRIDGE. A failure does not stop the others;
 * the error is that of the first failure. e->sys ENOENT: there are no tables.
 *
 * The caller that adds a port holds the port's socket (port.h). An element that already exists for
 * the port was therefore left by a dead container, and is replaced. An element that belongs to
 * another container by now is not removed.
 */
int nftset_put(const char *set, bool add, const struct record *net, struct err *e);

/* Appends the same as commands for nft_run. verb: "add", "create" (refused if there is one) or
 * "delete". */
void nftset_text(struct buf *to, const char *set, const char *verb, const struct record *net);

#endif
