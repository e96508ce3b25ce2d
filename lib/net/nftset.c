#include "net/nftset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/nft.h"
#include "net/port.h"
#include "net/rules.h"

/* --- the elements of a line of the record --- */

static void add_link(struct nft_value *v, const char link[16])
{
	char padded[16];

	strncpy(padded, link, sizeof(padded));
	nft_value_add(v, padded, sizeof(padded), "\"%s\"", link);
}

static void add_mac(struct nft_value *v, struct in_addr address)
{
	uint8_t mac[6];

	subnet_mac(address, mac);
	nft_value_add(v, mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		      mac[3], mac[4], mac[5]);
}

static void add_address(struct nft_value *v, struct in_addr address)
{
	char text[INET_ADDRSTRLEN];

	nft_value_add(v, &address, sizeof(address), "%s",
		      inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static void add_protocol(struct nft_value *v, bool udp)
{
	uint8_t protocol = udp ? IPPROTO_UDP : IPPROTO_TCP;

	nft_value_add(v, &protocol, sizeof(protocol), "%s", udp ? "udp" : "tcp");
}

static void add_port(struct nft_value *v, uint16_t port)
{
	uint16_t big = htons(port);

	nft_value_add(v, &big, sizeof(big), "%u", port);
}

enum { MEMBER_ELEMENTS = 2 };

static void member_elements(const struct rules_member *m, struct nft_element v[MEMBER_ELEMENTS])
{
	v[0] = (struct nft_element){.family = NFPROTO_BRIDGE, .set = "ports"};
	add_link(&v[0].key, m->link);
	v[1] = (struct nft_element){.family = NFPROTO_BRIDGE, .set = "members"};
	add_link(&v[1].key, m->link);
	add_mac(&v[1].key, m->address);
	add_address(&v[1].key, m->address);
}

static struct nft_element port_element(const struct rules_port *p)
{
	struct nft_element x = {.family = NFPROTO_INET,
				.set = p->host.s_addr ? "ports_ip" : "ports_any"};

	if (p->host.s_addr)
		add_address(&x.key, p->host);
	add_protocol(&x.key, p->udp);
	add_port(&x.key, p->host_port);
	add_address(&x.data, p->to);
	add_port(&x.data, p->to_port);
	return x;
}

/* --- a change --- */

static int change_member(struct buf *commands, const char *table, enum nft_verb verb,
			 const struct rules_member *m, struct err *e)
{
	struct nft_element v[MEMBER_ELEMENTS];

	member_elements(m, v);
	return nft_elements(commands, table, verb, v, MEMBER_ELEMENTS, e);
}

static int change_port(struct buf *commands, const char *table, enum nft_verb verb,
		       const struct rules_port *p, struct err *e)
{
	struct nft_element x = port_element(p);
	char text[PORT_TEXT];

	if (nft_elements(commands, table, verb, &x, 1, e) == 0)
		return 0;
	if (e->sys == EEXIST) {
		struct nft_element old = x;

		old.data.len = 0;
		if (nft_elements(NULL, table, NFT_DELETE, &old, 1, e) == 0 &&
		    nft_elements(NULL, table, verb, &x, 1, e) == 0)
			return 0;
	}
	port_text(p, text);
	return err_wrap(e, "port %s", text);
}

int nftset_change(struct buf *commands, const char *set, enum nft_verb verb,
		  const struct record *net, struct err *e)
{
	own_str char *table = str_fmt(RULES_TABLES, set);
	struct rules_member m;
	struct rules_port p;
	int failed = 0;
	struct err why;

	for (size_t i = 0; i < net->keys.n; i++) {
		const char *key = net->keys.v[i], *value = net->values.v[i];
		int got = strcmp(key, "member") == 0 && rules_read_member(value, &m)
			? change_member(commands, table, verb, &m, &why)
			: strcmp(key, "port") == 0 && rules_read_port(value, &p)
			? change_port(commands, table, verb, &p, &why)
			: 0;

		if (got < 0 && !failed)
			*e = why;
		failed = failed || got < 0;
	}
	return failed ? -1 : 0;
}
