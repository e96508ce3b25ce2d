#include "net/rules.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* --- lines of records --- */

static const char *text_of(struct in_addr a, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &a, text, INET_ADDRSTRLEN);
}

void rules_record_member(struct record *r, const struct rules_member *m)
{
	char address[INET_ADDRSTRLEN], line[160];

	snprintf(line, sizeof(line), "%s %s %s %s", m->network, text_of(m->address, address),
		 m->link, m->inside);
	record_add(r, "member", line);
}

bool rules_read_member(const char *value, struct rules_member *m)
{
	char address[INET_ADDRSTRLEN];
	int end = 0;

	*m = (struct rules_member){0};
	return sscanf(value, "%63s %15s %15s %15s%n", m->network, address, m->link, m->inside,
		      &end) == 4 &&
		!value[end] && inet_pton(AF_INET, address, &m->address) == 1;
}

void rules_record_port(struct record *r, const struct rules_port *p)
{
	char host[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN], line[80];

	snprintf(line, sizeof(line), "%s %u %s %s %u", text_of(p->host, host), p->host_port,
		 p->udp ? "udp" : "tcp", text_of(p->to, to), p->to_port);
	record_add(r, "port", line);
}

bool rules_read_port(const char *value, struct rules_port *p)
{
	char host[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN], protocol[4];
	int end = 0;

	*p = (struct rules_port){0};
	if (sscanf(value, "%15s %" SCNu16 " %3s %15s %" SCNu16 "%n", host, &p->host_port, protocol,
		   to, &p->to_port, &end) != 5 ||
	    value[end])
		return false;
	p->udp = strcmp(protocol, "udp") == 0;
	return (p->udp || strcmp(protocol, "tcp") == 0) &&
		inet_pton(AF_INET, host, &p->host) == 1 && inet_pton(AF_INET, to, &p->to) == 1;
}

/* --- tables --- */

/* Deleting a missing table is an error, so the table is made first. */
static void replace_table(struct buf *out, const char *family, const char *set)
{
	buf_fmt(out, "table %s " RULES_TABLES "\ndelete table %s " RULES_TABLES "\n", family, set,
		family, set);
}

void rules_no_tables(struct buf *out, const char *set)
{
	replace_table(out, "inet", set);
	replace_table(out, "bridge", set);
}

/*
 * Destination NAT for published ports. Two rules serve any number of ports: first the ports on one
 * address of the host, then those on any address.
 *
 * Packets to 127.0.0.0/8 are handled only in the output chain, where the host itself sends them,
 * because a neighbour on the network could send such packets too.
 */
static const char publish_rules[] =
	"	chain publish {\n"
	"		dnat ip to ip daddr . meta l4proto . th dport map @ports_ip\n"
	"		fib daddr type local dnat ip to meta l4proto . th dport map @ports_any\n"
	"	}\n"
	"	chain prerouting {\n"
	"		type nat hook prerouting priority -100\n"
	"		ip daddr != 127.0.0.0/8 jump publish\n"
	"	}\n"
	"	chain output {\n"
	"		type nat hook output priority -100\n"
	"		jump publish\n"
	"	}\n";

/*
 * Masquerading. Packets that leave a subnet of ct get the host's address. So do packets from a
 * container to a published port of another container, because the reply must come back through the
 * host, and packets from the host's loopback to a container.
 */
static const char masquerade_rules[] =
	"	chain postrouting {\n"
	"		type nat hook postrouting priority 100\n"
	"		ip saddr @subnets oifname != @bridges masquerade\n"
	"		ip saddr @subnets oifname @bridges ct status dnat masquerade\n"
	"		ip saddr 127.0.0.0/8 oifname @bridges masquerade\n"
	"	}\n";

/*
 * Chain input: the bridges have route_localnet, for ports published on 127.0.0.1. New packets from
 * a bridge must not reach the host's own services on loopback; replies to the host are accepted.
 *
 * Chain forward: an accept ends only this chain; the chains of other tables still apply. The rules
 * are, in order: members of one network (whose frames pass here with bridge-nf-call-iptables);
 * replies; interfaces that forward only because of ct; internal networks (two rules); published
 * ports; any other new packet to a container; packets that conntrack cannot classify, which would
 * leave with an inside address.
 *
 * Chain opened: new connections that arrive through an interface on which ct enabled forwarding.
 * Without ct the kernel would not forward them, so they must not reach interfaces that lead out of
 * the host: neither those that ct enabled, nor those that come up later (a VPN). Networks of other
 * programs on this host (docker's bridge, another set of ct) are protected by their owners' rules.
 * Frames between two ports of a bridge pass here with bridge-nf-call-iptables: they arrive and
 * leave through the same interface. A hardware interface has no oifkind, so it matches no list.
 */
static const char filter_rules[] =
	"	chain input {\n"
	"		type filter hook input priority 0\n"
	"		ct state established,related accept\n"
	"		iifname @bridges ip daddr 127.0.0.0/8 drop\n"
	"	}\n"
	"	chain forward {\n"
	"		type filter hook forward priority 0\n"
	"		iifname . oifname @within accept\n"
	"		ct state established,related accept\n"
	"		iifname @opened jump opened\n"
	"		iifname @internal drop\n"
	"		oifname @internal drop\n"
	"		ct status dnat accept\n"
	"		oifname @bridges drop\n"
	"		iifname @bridges ct state invalid drop\n"
	"	}\n"
	"	chain opened {\n"
	"		oifname @bridges return\n"
	"		meta iifkind \"bridge\" iifname . oifname @crossed return\n"
	"		oifname @opened drop\n"
	"		meta oifkind { \"bridge\", \"veth\" } return\n"
	"		drop\n"
	"	}\n";

/*
 * A port of the bridge may send only IPv4 and ARP, with its own addresses and without a VLAN tag.
 * The kernel moves a tag from the frame into its metadata, so that the addresses of a tagged frame
 * match, too. Frames to the reserved group addresses of a bridge (802.1Q, 8.6.3) bypass the chain
 * prerouting and reach the host through the chain input.
 */
static const char spoof_rules[] =
	"	set ports { type ifname; }\n"
	"	set members { type ifname . ether_addr . ipv4_addr; }\n"
	"	chain prerouting {\n"
	"		type filter hook prerouting priority -200\n"
	"		iifname @ports jump port\n"
	"	}\n"
	"	chain input {\n"
	"		type filter hook input priority -200\n"
	"		iifname @ports ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop\n"
	"	}\n"
	"	chain port {\n"
	"		ether type { 8021q, 8021ad } drop\n"
	"		iifname . ether saddr . ip saddr @members accept\n"
	"		iifname . ether saddr . arp saddr ip @members \\\n"
	"			iifname . arp saddr ether . arp saddr ip @members accept\n"
	"		drop\n"
	"	}\n";

enum { SUBNETS = 1, BRIDGES, INTERNAL, WITHIN };

static bool is_in(const struct rules_bridge *b, int which)
{
	return which == INTERNAL ? b->internal : which == WITHIN ? !b->isolated : true;
}

static void put_set(struct buf *out, const char *head, const struct rules_bridge *b, size_t n,
		    int which)
{
	const char *sep = "; elements = {";
	char subnet[SUBNET_TEXT];

	buf_fmt(out, "	set %s", head);
	for (size_t i = 0; i < n; i++) {
		if (!is_in(&b[i], which))
			continue;
		subnet_text(&b[i].subnet, subnet);
		if (which == SUBNETS)
			buf_fmt(out, "%s %s", sep, subnet);
		else if (which == WITHIN)
			buf_fmt(out, "%s \"%s\" . \"%s\"", sep, b[i].name, b[i].name);
		else
			buf_fmt(out, "%s \"%s\"", sep, b[i].name);
		sep = ",\n		";
	}
	buf_str(out, *sep == ',' ? " }; }\n" : "; }\n");
}

/* The interfaces that forward because of ct: see rules.h and the chain opened. */
static const char opened_sets[] = "	set " RULES_OPENED " { type ifname; }\n"
				  "	set " RULES_CLAIMED " { type ifname; }\n"
				  "	set crossed { type ifname . ifname; }\n";

void rules_opened(struct buf *out, const char *set, const char *link)
{
	static const char add[] = "add element inet " RULES_TABLES;

	buf_fmt(out, add, set);
	buf_fmt(out, " " RULES_OPENED " { \"%s\" }\n", link);
	buf_fmt(out, add, set);
	buf_fmt(out, " " RULES_CLAIMED " { \"%s\" }\n", link);
	buf_fmt(out, add, set);
	buf_fmt(out, " crossed { \"%s\" . \"%s\" }\n", link, link);
}

void rules_tables(struct buf *out, const char *set, const struct rules_bridge *bridges, size_t n)
{
	replace_table(out, "inet", set);
	buf_fmt(out, "table inet " RULES_TABLES " {\n", set);
	buf_str(out,
		"	map ports_ip { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
		"	map ports_any { type inet_proto . inet_service : ipv4_addr . inet_service; }\n");
	put_set(out, "subnets { type ipv4_addr; flags interval", bridges, n, SUBNETS);
	put_set(out, "bridges { type ifname", bridges, n, BRIDGES);
	put_set(out, "internal { type ifname", bridges, n, INTERNAL);
	put_set(out, "within { type ifname . ifname", bridges, n, WITHIN);
	buf_fmt(out, "%s%s%s%s}\n", opened_sets, publish_rules, masquerade_rules, filter_rules);
	replace_table(out, "bridge", set);
	buf_fmt(out, "table bridge " RULES_TABLES " {\n%s}\n", set, spoof_rules);
}
