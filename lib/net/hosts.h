/*
 * The names of containers in each other's /etc/hosts: those that have one (--name) are found
 * by all that are on a network with them, whoever came first.
 *
 *	CT_RUN/net/NAME/hosts	a record: ps_N=ADDRESS<tab>NAME
 *	hosts			of a container (etcdir.h), mounted over its /etc/hosts: written in
 *				place, and not trusted, since the container can write it too
 *
 * All under the lock of the networks.
 */
#ifndef CT_HOSTS_H
#define CT_HOSTS_H

#include "base/str.h"
#include "net/network.h"

/* The lines of all others on the network, for the file of one that joins. */
int hosts_of_others(const struct network *n, const char *id, struct buf *out, struct err *e);

/* Tells all on the network of one more, or that it is gone (absent is success). */
int hosts_tell(const struct store *s, const struct network *n, const char *id,
	       struct in_addr address, const char *name, struct err *e);
int hosts_untell(const struct store *s, const struct network *n, const char *id, struct err *e);

/*
 * Puts lines ("ADDRESS<tab>NAME\n") into the file of one container, or takes them out; not if
 * that one has made its file too large or keeps us from it, which is its own affair.
 */
void hosts_change(const struct store *s, const char *id, const char *lines, bool add);

#endif
