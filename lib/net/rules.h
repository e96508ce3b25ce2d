/*
 * The text of all packet filter rules, for nft_run. A set of networks has two tables of its
 * own, `inet ct_SET` and `bridge ct_SET` (SET: CT_BRIDGE); nothing else is ever touched.
 *
 * The rules are the same whatever the number of containers and ports: these are elements
 * of maps and sets. All of it can be written again at any time from what is up and from
 * the records CT_RUN/ps_N/net, for somebody may have flushed it.
 *
 * Who adds elements: first the record, then the element, holding the lock of the networks
 * (network_lock) for both or for the second; who takes away: first the record, then the element.
 * What is written again meanwhile is then complete. To add what is there is success,
 * to take away what is not fails with e->sys ENOENT.
 */
#ifndef CT_RULES_H
#define CT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"
#include "base/str.h"
#include "kernel/subnet.h"

#define RULES_PREFIX "ct_"
#define RULES_TABLES RULES_PREFIX "%s"

/*
 * Sets of the table inet ct_SET, of names of links: those that forward only because ct switched
 * that on, and those of them that this set of networks still needs. Other sets on this host
 * read them (ipforward.h), for a link must stay open until the last of them has gone.
 */
#define RULES_OPENED  "opened"
#define RULES_CLAIMED "claimed"

/* A network that is up. */
struct rules_bridge {
	char name[16];
	struct subnet subnet;
	bool internal, isolated;
};

/*
 * A container's end on a network. In the record CT_RUN/ps_N/net a line
 * "member=NETWORK ADDRESS LINK INSIDE": member=default 10.142.0.3 ct0v3 eth0
 *
 * Its link may send only with its hardware address (subnet_mac) and its address. Elements
 * are added before the link is made, so that there is no moment when it may do more.
 */
struct rules_member {
	char network[64];
	struct in_addr address;
	char link[16], inside[16]; /* the host's end, the container's */
};

/*
 * A published port. In the record a line "port=HOST_ADDRESS HOST_PORT PROTOCOL ADDRESS PORT"
 * (HOST_ADDRESS 0.0.0.0: any): port=127.0.0.1 8080 tcp 10.142.0.3 80
 */
struct rules_port {
	struct in_addr host, to;
	uint16_t host_port, to_port; /* in the host's byte order */
	bool udp;
};

void rules_record_member(struct record *r, const struct rules_member *m);
void rules_record_port(struct record *r, const struct rules_port *p);
/* The value of such a line; false if it is none. */
bool rules_read_member(const char *value, struct rules_member *m);
bool rules_read_port(const char *value, struct rules_port *p);

/* Both tables, in place of those that there are. opened: links that forward because of ct. */
void rules_tables(struct buf *out, const char *set, const struct rules_bridge *bridges, size_t n,
		  const struct strv *opened);
void rules_no_tables(struct buf *out, const char *set);

/* Commands, to be run in one text as many as one likes. */
void rules_member(struct buf *out, const char *set, bool add, const struct rules_member *m);
void rules_port(struct buf *out, const char *set, bool add, const struct rules_port *p);
/* All that a record CT_RUN/ps_N/net has. */
void rules_of_record(struct buf *out, const char *set, bool add, const struct record *net);

#endif
