#include "nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "netlink.h"
#include "own.h"
#include "str.h"

/* --- commands --- */

/* Made at the first use, for all of this process: it costs more than a command. */
static struct nft_ctx *context;

static void free_context(void)
{
	nft_ctx_free(context);
}

static int make_context(struct err *e)
{
	if (context)
		return 0;
	context = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!context)
		return err_set(e, "libnftables cannot be set up");
	atexit(free_context);
	if (nft_ctx_buffer_output(context) || nft_ctx_buffer_error(context))
		return err_set(e, "libnftables cannot be set up");
	return 0;
}

/* nft tells why in words alone: "Error: Could not process rule: No such file or directory", and then where. */
static int read_failure(const char *what, const char *said, struct err *e)
{
	static const int known[] = {ENOENT, EEXIST, EPERM, EOPNOTSUPP};
	const char *why = str_starts(said, "Error: ") ? said + strlen("Error: ") : said;
	own_str char *line = str_dup_n(why, strcspn(why, "\n"));
	size_t n = strlen(line), m;

	err_set(e, "%s: %s", what, *line ? line : "nft: failed");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		m = strlen(strerror(known[i]));
		if (n >= m && strcmp(line + n - m, strerror(known[i])) == 0)
			e->sys = known[i];
	}
	return -1;
}

int nft_run(const char *what, const char *commands, struct err *e)
{
	if (make_context(e) < 0)
		return err_wrap(e, "%s", what);
	if (nft_run_cmd_from_buffer(context, commands) == 0)
		return 0;
	return read_failure(what, nft_ctx_get_error_buffer(context), e);
}

/* --- questions --- */

static struct nlmsghdr *begin(struct netlink *n, int type, int flags, uint8_t family)
{
	struct nfgenmsg *g;
	struct nlmsghdr *m = netlink_begin(n, NFNL_SUBSYS_NFTABLES << 8 | type, flags, sizeof(*g), &g);

	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	return m;
}

static int is_answer(const struct nlmsghdr *m, void *arg)
{
	(void)m, (void)arg;
	return 1;
}

bool nft_has_tables(const char *name)
{
	static const uint8_t families[] = {NFPROTO_INET, NFPROTO_BRIDGE};
	struct err ignored;
	own_netlink struct netlink *n = netlink_open(NETLINK_NETFILTER, -1, &ignored);
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

	mnl_attr_for_each(a, m, sizeof(*g)) {
		if (mnl_attr_get_type(a) == NFTA_CHAIN_TABLE)
			snprintf(out.table, sizeof(out.table), "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_NAME)
			snprintf(out.name, sizeof(out.name), "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_POLICY)
			out.drops = ntohl(mnl_attr_get_u32(a)) == NF_DROP;
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK)
			mnl_attr_for_each_nested(b, a)
				if (mnl_attr_get_type(b) == NFTA_HOOK_HOOKNUM) {
					out.hook = ntohl(mnl_attr_get_u32(b));
					hangs = true;
				}
	}
	return hangs ? to->one(&out, to->arg) : 0;
}

int nft_chains(int (*one)(const struct nft_chain *, void *arg), void *arg, struct err *e)
{
	own_netlink struct netlink *n = netlink_open(NETLINK_NETFILTER, -1, e);
	struct chains to = {one, arg};
	int got;

	if (!n)
		return -1;
	netlink_end(n, begin(n, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC), false);
	got = netlink_ask(n, read_chain, &to);
	return got < 0 ? err_sys(e, "list chains of the packet filter") : got;
}
