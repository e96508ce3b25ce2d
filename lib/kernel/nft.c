#include "kernel/nft.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <nftables/libnftables.h>
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
#include "base/shell.h"
#include "base/str.h"
#include "kernel/netlink.h"

/* --- commands --- */

/* Made at the first use and kept: making it costs more than a command. */
static struct nft_ctx *context;

/* The functions of libnftables that are used. */
static __typeof__(nft_ctx_new) *ctx_new;
static __typeof__(nft_ctx_free) *ctx_free;
static __typeof__(nft_ctx_buffer_output) *ctx_buffer_output, *ctx_buffer_error;
static __typeof__(nft_ctx_get_error_buffer) *ctx_get_error;
static __typeof__(nft_run_cmd_from_buffer) *run_commands;

static int load(struct err *e)
{
	void *library = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(e, "%s", dlerror());
	ctx_new = dlsym(library, "nft_ctx_new");
	ctx_free = dlsym(library, "nft_ctx_free");
	ctx_buffer_output = dlsym(library, "nft_ctx_buffer_output");
	ctx_buffer_error = dlsym(library, "nft_ctx_buffer_error");
	ctx_get_error = dlsym(library, "nft_ctx_get_error_buffer");
	run_commands = dlsym(library, "nft_run_cmd_from_buffer");
	if (ctx_new && ctx_free && ctx_buffer_output && ctx_buffer_error && ctx_get_error &&
	    run_commands)
		return 0;
	return err_set(e, "libnftables: not the library it should be");
}

static void free_context(void)
{
	ctx_free(context);
}

static int make_context(struct err *e)
{
	if (context)
		return 0;
	if (load(e) < 0)
		return -1;
	context = ctx_new(NFT_CTX_DEFAULT);
	if (!context)
		return err_set(e, "libnftables cannot be set up");
	atexit(free_context);
	if (ctx_buffer_output(context) || ctx_buffer_error(context))
		return err_set(e, "libnftables cannot be set up");
	return 0;
}

/* nft gives the reason only as text: "Error: Could not process rule: No such file or directory",
 * then the place. */
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
	own_buf struct buf shell = {0};

	if (make_context(e) < 0)
		return err_wrap(e, "%s", what);
	if (run_commands(context, commands) != 0)
		return read_failure(what, ctx_get_error(context), e);
	nft_shell(commands, &shell);
	explain_note(shell.data, "%s: libnftables sends these commands by netlink", what);
	return 0;
}

/* A single line becomes an argument, several lines a here-document. */
void nft_shell(const char *commands, struct buf *to)
{
	own_str char *line = str_dup_n(commands, strcspn(commands, "\n"));

	if (strlen(commands) > strlen(line) + 1) {
		buf_fmt(to, "nft -f - <<'END'\n%sEND\n", commands);
		return;
	}
	buf_str(to, "nft ");
	shell_word(to, line);
	buf_str(to, "\n");
}

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

void nft_element_text(const char *table, const char *verb, const struct nft_element *x,
		      struct buf *to)
{
	bool adds = x->data.len && strcmp(verb, "delete") != 0;

	buf_fmt(to, "%s element %s %s %s { %s%s%s }\n", verb,
		x->family == NFPROTO_INET ? "inet" : "bridge", table, x->set, x->key.text,
		adds ? " : " : "", adds ? x->data.text : "");
}

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

static bool has_data(struct netlink *n, const char *table, const struct nft_element *x)
{
	struct nft_element wanted = *x;

	put_element(n, table, NFT_MSG_GETSETELEM, 0, x);
	return netlink_ask(n, compare_data, &wanted) > 0;
}

/* Sends one element as a batch of its own, and adds the same command for nft(8). */
static int change(struct netlink *to, const char *table, bool add, const struct nft_element *x)
{
	own_buf struct buf command = {0}, shell = {0};

	add_frame(to, NFNL_MSG_BATCH_BEGIN);
	if (add)
		put_element(to, table, NFT_MSG_NEWSETELEM, NLM_F_ACK | NLM_F_CREATE, x);
	else
		put_element(to, table, NFT_MSG_DELSETELEM, NLM_F_ACK, x);
	add_frame(to, NFNL_MSG_BATCH_END);
	if (explain_fd >= 0) {
		nft_element_text(table, add ? "add" : "delete", x, &command);
		nft_shell(command.data, &shell);
		shell.data[--shell.len] = '\0';
		netlink_shell(to, "%s", shell.data);
	}
	return netlink_act(to);
}

int nft_elements(const char *table, bool add, const struct nft_element *v, size_t n, struct err *e)
{
	struct netlink *to = get_bus(e);
	int failed = 0;

	if (!to)
		return -1;
	if (!add)
		wait_elsewhere();
	for (size_t i = 0; i < n; i++) {
		if (!add && v[i].data.len && !has_data(to, table, &v[i]))
			continue;
		if (change(to, table, add, &v[i]) < 0 && !failed && (add || errno != ENOENT))
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
		const char *name = mnl_attr_get_type(a) == NFTA_TABLE_NAME ? mnl_attr_get_str(a)
									   : "";

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
				strv_add(arg, mnl_attr_get_payload(key));
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
			snprintf(out.table, sizeof(out.table), "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_NAME)
			snprintf(out.name, sizeof(out.name), "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_POLICY)
			out.drops = ntohl(mnl_attr_get_u32(a)) == NF_DROP;
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK) {
			mnl_attr_for_each_nested(b,
						 a) if (mnl_attr_get_type(b) == NFTA_HOOK_HOOKNUM)
			{
				out.hook = ntohl(mnl_attr_get_u32(b));
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
