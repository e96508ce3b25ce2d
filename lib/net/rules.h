/*
 * Writes the text of all nftables rules, for nftrun. A set of networks has two tables, `inet
 * ct_SET` and `bridge ct_SET` (SET: CT_BRIDGE); ct touches no other table.
 *
 * The rules do not depend on the number of containers and ports, which are elements of sets and
 * maps. The tables can be written again at any time, from the networks that are up and the records
 * CT_RUN/ps_N/net, because another program may have flushed them.
 *
 * To add an element, a process first writes the record and then adds the element, holding the lock
 * of the networks (network_lock) at least for the second. To remove an element, it first changes
 * the record and then removes the element. So tables that are written again meanwhile are complete.
 * Adding an existing element is success; removing a missing one fails with e->sys ENOENT.
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
 * nftables sets of interface names in the table inet ct_SET. RULES_OPENED: interfaces that forward
 * only because ct enabled it. RULES_CLAIMED: those of them that this set of networks still needs.
 * Other sets of networks read them (ipforward.h), because an interface must forward until the last
 * set releases it.
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
 * A container's endpoint on a network. In the record CT_RUN/ps_N/net it is a line
 * "member=NETWORK ADDRESS LINK INSIDE": member=default 10.142.0.3 ct0v3 eth0
 *
 * The interface may send only with its own hardware address (subnet_mac) and IP address. The
 * elements are added before the interface is made, so there is no moment without this restriction.
 */
struct rules_member {
	char network[64];
	struct in_addr address;
	char link[16], inside[16]; /* the host's and the container's end of the veth pair */
};

/*
 * A published port. In the record it is a line "port=HOST_ADDRESS HOST_PORT PROTOCOL ADDRESS PORT"
 * (HOST_ADDRESS 0.0.0.0: any): port=127.0.0.1 8080 tcp 10.142.0.3 80
 */
struct rules_port {
	struct in_addr host, to;
	uint16_t host_port, to_port; /* in the host's byte order */
	bool udp;
};

void rules_record_member(struct record *r, const struct rules_member *m);
void rules_record_port(struct record *r, const struct rules_port *p);
/* Read the value of a line of the record; false if it is invalid. */
bool rules_read_member(const char *value, struct rules_member *m);
bool rules_read_port(const char *value, struct rules_port *p);

/* Writes both tables, replacing existing ones. */
void rules_tables(struct buf *out, const char *set, const struct rules_bridge *bridges, size_t n);
/* Adds an interface to new tables that forwards because of ct. */
void rules_opened(struct buf *out, const char *set, const char *link);
void rules_no_tables(struct buf *out, const char *set);

#endif
