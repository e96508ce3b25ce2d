#include "net/nftset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/nft.h"
#include "net/port.h"
#include "net/rules.h"

/* Appends a part to a key or to data. */
static void put(uint8_t *to, size_t *len, const void *value, size_t size)
{
	memcpy(to + *len, value, size);
	*len += (size + 3) & ~(size_t)3;
}

static void put_link(struct nft_element *x, const char link[16])
{
	strncpy((char *)x->key, link, 16);
	x->key_len = 16;
}

static int put_member(const char *table, bool add, const struct rules_member *m, struct err *e)
{
	struct nft_element v[] = {{.family = NFPROTO_BRIDGE, .set = "ports"},
				  {.family = NFPROTO_BRIDGE, .set = "members"}};
	uint8_t mac[6];

	subnet_mac(m->address, mac);
	put_link(&v[0], m->link);
	put_link(&v[1], m->link);
	put(v[1].key, &v[1].key_len, mac, sizeof(mac));
	put(v[1].key, &v[1].key_len, &m->address, sizeof(m->address));
	return nft_elements(table, add, v, 2, e);
}

static int put_port(const char *table, bool add, const struct rules_port *p, struct err *e)
{
	struct nft_element x = {.family = NFPROTO_INET,
				.set = p->host.s_addr ? "ports_ip" : "ports_any"};
	uint16_t host_port = htons(p->host_port), to_port = htons(p->to_port);
	uint8_t protocol = p->udp ? IPPROTO_UDP : IPPROTO_TCP;
	char text[PORT_TEXT];

	if (p->host.s_addr)
		put(x.key, &x.key_len, &p->host, sizeof(p->host));
	put(x.key, &x.key_len, &protocol, sizeof(protocol));
	put(x.key, &x.key_len, &host_port, sizeof(host_port));
	put(x.data, &x.data_len, &p->to, sizeof(p->to));
	put(x.data, &x.data_len, &to_port, sizeof(to_port));
	if (nft_elements(table, add, &x, 1, e) == 0)
		return 0;
	if (e->sys == EEXIST) {
		struct nft_element old = x;

		old.data_len = 0;
		if (nft_elements(table, false, &old, 1, e) == 0 &&
		    nft_elements(table, true, &x, 1, e) == 0)
			return 0;
	}
	port_text(p, text);
	return err_wrap(e, "port %s", text);
}

/* Explains each element as one nft command. */
static void tell(const char *set, bool add, const struct record *net)
{
	own_buf struct buf text = {0};
	own_strv struct strv lines = {0};

	if (explain_fd < 0)
		return;
	rules_of_record(&text, set, add, net);
	strv_split(&lines, text.data ? text.data : "", '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (*lines.v[i])
			explain_shell("nft '%s'", lines.v[i]);
}

int nftset_put(const char *set, bool add, const struct record *net, struct err *e)
{
	own_str char *table = str_fmt(RULES_TABLES, set);
	struct rules_member m;
	struct rules_port p;
	int failed = 0;
	struct err why;

	for (size_t i = 0; i < net->keys.n; i++) {
		const char *key = net->keys.v[i], *value = net->values.v[i];
		int got = strcmp(key, "member") == 0 && rules_read_member(value, &m)
			? put_member(table, add, &m, &why)
			: strcmp(key, "port") == 0 && rules_read_port(value, &p)
			? put_port(table, add, &p, &why)
			: 0;

		if (got < 0 && !failed)
			*e = why;
		failed = failed || got < 0;
	}
	if (!failed)
		tell(set, add, net);
	return failed ? -1 : 0;
}
