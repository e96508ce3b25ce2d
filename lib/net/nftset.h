/*
 * Adds a container's elements to the nftables sets and maps of rules.h, and removes them: those of
 * its endpoints and published ports, from the lines of CT_RUN/ps_N/net. It uses netlink directly
 * and takes a few microseconds for each element, however many other elements there are.
 */
#ifndef CT_NFTSET_H
#define CT_NFTSET_H

#include "base/record.h"
#include "kernel/nft.h"

/*
 * Adds or removes all elements of the record. commands: NULL for the kernel; a text gets the
 * commands for nftrun instead. set: CT_BRIDGE. A failure does not stop the others; the error is
 * that of the first failure. e->sys ENOENT: there are no tables.
 *
 * The caller that adds a port holds the port's socket (port.h). An element that already exists for
 * the port was therefore left by a dead container, and is replaced. An element that belongs to
 * another container by now is not removed.
 */
int nftset_change(struct buf *commands, const char *set, enum nft_verb verb,
		  const struct record *net, struct err *e);

#endif
