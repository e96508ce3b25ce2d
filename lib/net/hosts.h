/*
 * The names of containers in each other's /etc/hosts: every member of a network finds every named
 * container (--name) on it, in whatever order they joined.
 *
 *	CT_RUN/net/NAME/hosts	a record: ps_N=ADDRESS<tab>NAME
 *	hosts			a container's file (etcdir.h), mounted over its /etc/hosts. It is
 *				rewritten in place, and not trusted: the container can write it, too
 *
 * The caller holds the lock of the networks.
 */
#ifndef CT_HOSTS_H
#define CT_HOSTS_H

#include "base/str.h"
#include "net/network.h"

/* The lines of all other members of the network, for the file of a container that joins. */
int hosts_of_others(const struct network *n, const char *id, struct buf *out, struct err *e);

/* Adds a container's name to the files of all members, or removes it (a missing name is success).
 * */
int hosts_tell(const struct store *s, const struct network *n, const char *id,
	       struct in_addr address, const char *name, struct err *e);
int hosts_untell(const struct store *s, const struct network *n, const char *id, struct err *e);

/* Adds lines ("ADDRESS<tab>NAME\n") to the file of one container, or removes them. If the container
 * made its file too large or blocks it by a lease, the file is skipped, which harms only that
 * container. */
void hosts_change(const struct store *s, const char *id, const char *lines, bool add);

#endif
