#include "kernel/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/netlink.h"

/* --- messages --- */

/* Made at the first use and kept. */
static struct netlink *bus;

static struct netlink *get_bus(struct err *e)
{
	if (!bus)
		bus = netlink_open(NETLINK_NETFILTER, -1, e);
	return bus;
}

/* The process that closes the socket last waits. If this fails, only that time is lost. */
static void leave_waiting(void)
{
	int gone[2];
	char word;

	/* A child without an exit signal need not be waited for. */
	if (pipe2(gone, O_CLOEXEC) < 0 || syscall(SYS_clone, 0, NULL, NULL, NULL, NULL) != 0)
		return;
	prctl(PR_SET_NAME, "closing");
	/* It keeps none of the caller's pipes, terminals and locks open. */
	dup2(gone[0], 0);
	dup2(netlink_fd(bus), 1);
	close_range(2, ~0U, 0);
	while (read(0, &word, 1) < 0 && errno == EINTR)
		continue;
	_exit(0);
}

static void wait_elsewhere(void)
{
	static bool known;

	if (!known)
		atexit(leave_waiting);
	known = true;
}

static struct nlmsghdr *begin(struct netlink *n, int type, int flags, uint8_t family)
{
	struct nfgenmsg *g;
	struct nlmsghdr *m =
		netlink_begin(n, NFNL_SUBSYS_NFTABLES << 8 | type, flags, sizeof(*g), &g);

	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	return m;
}

/* --- elements --- */

/* The messages of a change stand between a begin and an end message. */
static void add_frame(struct netlink *n, int type)
{
	struct nfgenmsg *g;
	struct nlmsghdr *m = netlink_begin(n, type, 0, sizeof(*g), &g);

	g->res_id = htons(NFNL_SUBSYS_NFTABLES);
	netlink_end(n, m, false);
}

void nft_value_add(struct nft_value *v, const void *part, size_t size, const char *fmt, ...)
{
	size_t used = strlen(v->text);
	va_list ap;

	if (used)
		used += (size_t)snprintf(v->text + used, sizeof(v->text) - used, " . ");
	va_start(ap, fmt);
	vsnprintf(v->text + used, sizeof(v->text) - used, fmt, ap);
	va_end(ap);
	memcpy(v->bytes + v->len, part, size);
	v->len += (size + 3) & ~(size_t)3;
}

/* The verbs of nft(8), and their messages. */
static const struct verb {
	const char *name;
	int type, flags;
} verbs[] = {
	[NFT_ADD] = {"add", NFT_MSG_NEWSETELEM, NLM_F_ACK | NLM_F_CREATE},
	[NFT_CREATE] = {"create", NFT_MSG_NEWSETELEM, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
	[NFT_DELETE] = {"delete", NFT_MSG_DELSETELEM, NLM_F_ACK},
};

static void put_value(struct nlmsghdr *m, uint16_t type, const struct nft_value *v)
{
	struct nlattr *nest = mnl_attr_nest_start(m, type);

	mnl_attr_put(m, NFTA_DATA_VALUE, v->len, v->bytes);
	mnl_attr_nest_end(m, nest);
}

static void put_element(struct netlink *n, const char *table, int type, int flags,
			const struct nft_element *x)
{
	struct nlmsghdr *m = begin(n, type, flags, x->family);
	struct nlattr *list, *one;

	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, x->set);
	list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
	one = mnl_attr_nest_start(m, NFTA_LIST_ELEM);
	put_value(m, NFTA_SET_ELEM_KEY, &x->key);
	if (type == NFT_MSG_NEWSETELEM && x->data.len)
		put_value(m, NFTA_SET_ELEM_DATA, &x->data);
	mnl_attr_nest_end(m, one);
	mnl_attr_nest_end(m, list);
	netlink_end(n, m, false);
}

static const struct nlattr *find(const struct nlattr *in, uint16_t type)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, in) if (mnl_attr_get_type(a) == type) return a;
	return NULL;
}

static int compare_data(const struct nlmsghdr *m, void *arg)
{
	const struct nft_element *x = arg;
	const struct nlattr *a, *one, *data;

	mnl_attr_for_each(a, m, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		one = find(a, NFTA_LIST_ELEM);
		data = one ? find(one, NFTA_SET_ELEM_DATA) : NULL;
		data = data ? find(data, NFTA_DATA_VALUE) : NULL;
		if (data && mnl_attr_get_payload_len(data) == x->data.len &&
		    memcmp(mnl_attr_get_payload(data), x->data.bytes, x->data.len) == 0)
			return 1;
	}
	return 0;
}

/* 1: the set has the element with this data; 0: with other data; -1 with errno. */
static int has_data(struct netlink *n, const char *table, const struct nft_element *x)
{
	struct nft_element wanted = *x;

	put_element(n, table, NFT_MSG_GETSETELEM, 0, x);
	return netlink_ask(n, compare_data, &wanted);
}

/*
 * Changes one element. to: NULL if the command alone is wanted. The message is a batch of its own.
 */
static int change(struct netlink *to, const char *table, const struct verb *verb,
		  const struct nft_element *x, struct buf *command)
{
	bool data = x->data.len && verb->type == NFT_MSG_NEWSETELEM;
	own_buf struct buf shell = {0};

	if (!to || explain_fd >= 0)
		buf_fmt(command, "%s element %s %s %s { %s%s%s }\n", verb->name,
			x->family == NFPROTO_INET ? "inet" : "bridge", table, x->set, x->key.text,
			data ? " : " : "", data ? x->data.text : "");
	if (!to)
		return 0;
	add_frame(to, NFNL_MSG_BATCH_BEGIN);
	put_element(to, table, verb->type, verb->flags, x);
	add_frame(to, NFNL_MSG_BATCH_END);
	if (command->len) {
		nftrun_shell(command->data, &shell);
		netlink_shell(to, "%.*s", (int)shell.len - 1, shell.data);
	}
	return netlink_act(to);
}

int nft_elements(struct buf *commands, const char *table, enum nft_verb verb,
		 const struct nft_element *v, size_t n, struct err *e)
{
	struct netlink *to = commands ? NULL : get_bus(e);
	int failed = 0;

	if (!to && !commands)
		return -1;
	if (to && verb == NFT_DELETE)
		wait_elsewhere();
	for (size_t i = 0; i < n; i++) {
		own_buf struct buf command = {0};
		int ours = to && verb == NFT_DELETE && v[i].data.len ? has_data(to, table, &v[i])
								     : 1;

		if (ours == 0)
			continue;
		if ((ours < 0 ||
		     change(to, table, &verbs[verb], &v[i], commands ? commands : &command) < 0) &&
		    !failed && (verb != NFT_DELETE || errno != ENOENT))
			failed = err_sys(e, "packet filter: table %s, %s", table, v[i].set);
	}
	return failed;
}

/* --- questions --- */

static int is_answer(const struct nlmsghdr *m, void *arg)
{
	(void)m, (void)arg;
	return 1;
}

bool nft_has_tables(const char *name)
{
	static const uint8_t families[] = {NFPROTO_INET, NFPROTO_BRIDGE};
	struct err ignored;
	struct netlink *n = get_bus(&ignored);
	struct nlmsghdr *m;

	for (size_t i = 0; i < sizeof(families); i++) {
		if (!n)
			return false;
		m = begin(n, NFT_MSG_GETTABLE, 0, families[i]);
		mnl_attr_put_strz(m, NFTA_TABLE_NAME, name);
		netlink_end(n, m, false);
		if (netlink_ask(n, is_answer, NULL) != 1)
			return false;
	}
	return true;
}

struct tables {
	const char *prefix, *but;
	struct strv names;
};

static int add_table(const struct nlmsghdr *m, void *arg)
{
	struct tables *t = arg;
	const struct nlattr *a;

	mnl_attr_for_each(a, m, sizeof(struct nfgenmsg))
	{
		const char *name = mnl_attr_get_type(a) == NFTA_TABLE_NAME ? netlink_str(a) : "";

		if (*name && str_starts(name, t->prefix) && !(t->but && strcmp(name, t->but) == 0))
			strv_add(&t->names, name);
	}
	return 0;
}

static int add_links(const struct nlmsghdr *m, void *arg)
{
	const struct nlattr *a, *one, *key;

	mnl_attr_for_each(a, m, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(one, a)
		{
			key = find(one, NFTA_SET_ELEM_KEY);
			key = key ? find(key, NFTA_DATA_VALUE) : NULL;
			if (key && mnl_attr_get_payload_len(key) == IFNAMSIZ)
				strv_take(arg, str_dup_n(mnl_attr_get_payload(key), IFNAMSIZ));
		}
	}
	return 0;
}

int nft_links(const char *prefix, const char *but, const char *set, struct strv *out, struct err *e)
{
	struct tables tables = {.prefix = prefix, .but = but};
	struct netlink *n = get_bus(e);
	int got = n ? 0 : -1;

	if (n) {
		netlink_end(n, begin(n, NFT_MSG_GETTABLE, NLM_F_DUMP, NFPROTO_INET), false);
		got = netlink_ask(n, add_table, &tables);
	}
	for (size_t i = 0; got == 0 && i < tables.names.n; i++) {
		struct nlmsghdr *m = begin(n, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_INET);

		mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, tables.names.v[i]);
		mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, set);
		netlink_end(n, m, false);
		/* The table may be deleted meanwhile, or belong to another program. */
		got = netlink_ask(n, add_links, out) < 0 && errno != ENOENT ? -1 : 0;
	}
	if (n && got < 0)
		err_sys(e, "list set %s of the packet filter", set);
	strv_free(&tables.names);
	return got;
}

struct chains {
	int (*one)(const struct nft_chain *, void *arg);
	void *arg;
};

static int read_chain(const struct nlmsghdr *m, void *arg)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(m);
	struct nft_chain out = {.family = g->nfgen_family};
	const struct chains *to = arg;
	const struct nlattr *a, *b;
	bool hangs = false;

	mnl_attr_for_each(a, m, sizeof(*g))
	{
		if (mnl_attr_get_type(a) == NFTA_CHAIN_TABLE)
			snprintf(out.table, sizeof(out.table), "%s", netlink_str(a));
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_NAME)
			snprintf(out.name, sizeof(out.name), "%s", netlink_str(a));
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_POLICY)
			out.drops = ntohl(netlink_u32(a)) == NF_DROP;
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK) {
			mnl_attr_for_each_nested(b,
						 a) if (mnl_attr_get_type(b) == NFTA_HOOK_HOOKNUM)
			{
				out.hook = ntohl(netlink_u32(b));
				hangs = true;
			}
		}
	}
	return hangs ? to->one(&out, to->arg) : 0;
}

int nft_chains(int (*one)(const struct nft_chain *, void *arg), void *arg, struct err *e)
{
	struct netlink *n = get_bus(e);
	struct chains to = {one, arg};
	int got;

	if (!n)
		return -1;
	netlink_end(n, begin(n, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC), false);
	got = netlink_ask(n, read_chain, &to);
	return got < 0 ? err_sys(e, "list chains of the packet filter") : got;
}
