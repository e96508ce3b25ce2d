#include "run/netrecipe.h"

#include <sched.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "container/container.h"
#include "kernel/hierarchy.h"
#include "kernel/namespace.h"
#include "kernel/nft.h"
#include "kernel/rtnl.h"
#include "net/bridge.h"
#include "net/ipforward.h"
#include "net/nftset.h"
#include "run/netstage.h"
#include "store/names.h"

/*
 * A run chooses a free port of the host where the user gives none; a script has a high one with the
 * same last digits.
 */
static void plan_ports(struct run *r)
{
	struct port_range range;
	struct rules_port p;
	struct err ignored;

	for (size_t i = 0; i < r->plan->ports.n; i++) {
		if (port_read(r->plan->ports.v[i], &range, &ignored) < 0)
			continue;
		for (unsigned k = 0; k < range.count; k++) {
			p = port_of(&range, k, r->supervisor.net.member.at.address);
			if (!p.host_port)
				p.host_port = (uint16_t)(40000 + p.to_port % 20000);
			ports_add(&r->supervisor.net.ports, &p, -1);
		}
	}
}

int netrecipe_plan(struct run *r, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	struct endpoint *m = &r->supervisor.net.member;

	if (!r->store || !plan_has_stage(r->plan, STAGE_NET) || !netstage_name(r->plan))
		return 0;
	if (network_find(r->store, netstage_name(r->plan), &n, e) < 0)
		return err_wrap(e, "--network");
	endpoint_describe(&n, subnet_at(&n.subnet, subnet_size(&n.subnet) - 2), "eth0", m);
	plan_ports(r);
	return 0;
}

/* Adds a shell function. */
static void put_function(const char *name, const struct buf *lines, struct buf *to)
{
	buf_fmt(to, "%s() {\n", name);
	shell_indent(to, lines->data);
	buf_str(to, "}\n");
}

/* ---- the bridge, if it is missing ---- */

/* Adds the nft commands of the rules for this network only. */
static void put_tables(const struct network *n, struct buf *to)
{
	struct rules_bridge bridge = {
		.subnet = n->subnet, .internal = n->internal, .isolated = n->isolated};
	own_buf struct buf rules = {0};

	memcpy(bridge.name, n->bridge, sizeof(bridge.name));
	rules_tables(&rules, n->set, &bridge, 1);
	nftrun_shell(rules.data, to);
}

static void put_no_tables(const struct network *n, struct buf *to)
{
	own_buf struct buf rules = {0};

	rules_no_tables(&rules, n->set);
	nftrun_shell(rules.data, to);
}

/* The same order of the parts as in bridge_up and bridge_down. */
static void bring_up(const struct network *n, struct buf *to)
{
	own_buf struct buf up = {0}, down = {0}, open = {0}, close = {0};
	own_netlink struct netlink *make = netlink_text(&up), *remove = netlink_text(&down);
	struct err ignored;

	if (!n->internal)
		ipforward_shell(n->set, &open, &close);
	rtnl_delete(remove, n->bridge, &ignored);
	buf_str(&down, close.len ? close.data : "");
	put_no_tables(n, &down);
	buf_str(&up, "undo=\"remove_bridge $undo\"\n");
	bridge_make(make, n, false, &ignored);
	put_tables(n, &up);
	buf_str(&up, open.len ? open.data : "");
	rtnl_up(make, n->bridge, true, &ignored);

	buf_str(to,
		"# The bridge of the network with its packet filter, unless it exists already. $opened: the\n"
		"# interfaces of the host on which forwarding is enabled for it.\n"
		"opened=''\n");
	put_function("remove_bridge", &down, to);
	put_function("make_bridge", &up, to);
	buf_fmt(to, "ip link show %s >/dev/null 2>&1 || make_bridge\n\n", n->bridge);
}

/* ---- the endpoint ---- */

static void put_elements(const struct run *r, const char *set, enum nft_verb verb, const char *name,
			 struct buf *to)
{
	own_record struct record net = {0};
	own_buf struct buf commands = {0}, body = {0};
	struct err ignored;

	netstage_record(r, set, &net);
	nftset_change(&commands, set, verb, &net, &ignored);
	nftrun_shell(commands.data, &body);
	put_function(name, &body, to);
}

static void connect_to(const struct run *r, struct buf *to)
{
	const struct endpoint *m = &r->supervisor.net.member;
	own_buf struct buf pair = {0}, no_pair = {0};
	own_netlink struct netlink *make = netlink_text(&pair), *remove = netlink_text(&no_pair);
	own_network struct network n = NETWORK_NONE;
	struct err ignored;

	if (network_find(r->store, netstage_name(r->plan), &n, &ignored) < 0)
		return;
	bring_up(&n, to);
	buf_str(to,
		"# The container's elements in the sets of the packet filter: its addresses and its published\n"
		"# ports. If one of them exists, it belongs to another container, and none is added.\n");
	put_elements(r, n.set, NFT_CREATE, "add_elements", to);
	put_elements(r, n.set, NFT_DELETE, "remove_elements", to);
	buf_str(to,
		"undo=\"remove_elements $undo\"\nadd_elements || { undo=${undo#* }; exit 1; }\n\n");
	buf_str(to,
		"# A veth pair: one end is a port of the bridge, the other is in the container.\n");
	rtnl_delete(remove, m->at.link, &ignored);
	/* The pair vanishes with the network namespace, which may have ended. */
	buf_fmt(to, "remove_pair() { %.*s 2>/dev/null; }\n", (int)no_pair.len - 1, no_pair.data);
	buf_str(to, "undo=\"remove_pair $undo\"\n");
	endpoint_pair(make, m, NULL, -1, "\"$holder\"", &ignored);
	buf_str(to, pair.data);
}

void netrecipe_net(const struct run *r, struct recipe *out)
{
	own_netlink struct netlink *inside = netlink_text(&out->inside);
	struct err ignored;

	recipe_namespace(out, &out->flags, "", CLONE_NEWNET, "");
	/* The run explains the other calls when it makes them. */
	if (out->typed)
		return;
	if (r->store && netstage_name(r->plan))
		connect_to(r, &out->held);
	netstage_set_up(inside, r, NULL, &ignored);
}
