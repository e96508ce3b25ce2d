#include "run/netrecipe.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "container/container.h"
#include "kernel/hierarchy.h"
#include "kernel/nft.h"
#include "kernel/rtnl.h"
#include "net/bridge.h"
#include "net/nftset.h"
#include "run/netstage.h"
#include "store/names.h"

int netrecipe_plan(struct run *r, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	struct endpoint *m = &r->supervisor.net.member;

	if (!r->store || !plan_has_stage(r->plan, STAGE_NET) || !netstage_name(r->plan))
		return 0;
	if (network_find(r->store, netstage_name(r->plan), &n, e) < 0)
		return err_wrap(e, "--network");
	*m = (struct endpoint){
		.address = n.subnet, .gateway = network_gateway(&n), .isolated = n.isolated};
	m->at.address = m->address.address = subnet_at(&n.subnet, subnet_size(&n.subnet) - 2);
	snprintf(m->at.network, sizeof(m->at.network), "%s", n.name);
	snprintf(m->at.inside, sizeof(m->at.inside), "eth0");
	snprintf(m->bridge_name, sizeof(m->bridge_name), "%s", n.bridge);
	network_link(&n, m->at.address, m->at.link);
	if (n.internal)
		m->gateway.s_addr = 0;
	return 0;
}

/* Adds the lines of a function, indented, except here-documents. */
static void put_body(const struct buf *lines, struct buf *to)
{
	own_strv struct strv list = {0};
	bool here = false;

	strv_split(&list, lines->data, '\n');
	for (size_t i = 0; i + 1 < list.n; i++) {
		buf_fmt(to, "%s%s\n", here ? "" : "	", list.v[i]);
		here = here ? !str_equal(list.v[i], "END") : strstr(list.v[i], "<<'END'") != NULL;
	}
}

/* ---- the bridge, if it is missing ---- */

/* Adds the nft commands of the rules for this network only. */
static void put_tables(const struct network *n, struct buf *to)
{
	struct rules_bridge bridge = {
		.subnet = n->subnet, .internal = n->internal, .isolated = n->isolated};
	own_buf struct buf rules = {0};
	struct strv none = {0};

	memcpy(bridge.name, n->bridge, sizeof(bridge.name));
	rules_tables(&rules, n->set, &bridge, 1, &none);
	nft_shell(rules.data, to);
}

/* The interfaces of the default routes forward packets while the bridge exists. */
static void put_forwarding(const struct network *n, struct buf *to)
{
	static const char *const sets[] = {RULES_OPENED, RULES_CLAIMED};

	buf_str(to,
		"for link in $(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'); do\n"
		"	[ \"$(sysctl -n \"net/ipv4/conf/$link/forwarding\")\" = 0 ] || continue\n"
		"	opened=\"$opened $link\"\n");
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		buf_fmt(to, "	nft \"add element inet " RULES_TABLES " %s { \\\"$link\\\" }\"\n",
			n->set, sets[i]);
	buf_str(to, "	sysctl -qw \"net/ipv4/conf/$link/forwarding=1\"\ndone\n");
}

static void bring_up(const struct network *n, struct buf *to)
{
	own_buf struct buf body = {0};
	own_netlink struct netlink *shell = netlink_text(&body);
	struct err ignored;

	buf_fmt(to,
		"opened=''\nremove_bridge() {\n	ip link del %s\n"
		"	nft 'delete table inet " RULES_TABLES "; delete table bridge " RULES_TABLES
		"'\n"
		"	for link in $opened; do\n"
		"		sysctl -qw \"net/ipv4/conf/$link/forwarding=0\"\n	done\n}\n",
		n->bridge, n->set, n->set);
	buf_str(&body, "undo=\"remove_bridge $undo\"\n");
	bridge_make(shell, n, false, &ignored);
	put_tables(n, &body);
	if (!n->internal)
		put_forwarding(n, &body);
	rtnl_up(shell, n->bridge, true, &ignored);
	buf_str(to, "make_bridge() {\n");
	put_body(&body, to);
	buf_fmt(to, "}\nip link show %s >/dev/null 2>&1 || make_bridge\n\n", n->bridge);
}

/* ---- the endpoint ---- */

/*
 * Makes the record from which the container's packet filter rules are made: its addresses and its
 * published ports.
 */
static void make_record(const struct run *r, struct record *net)
{
	const struct endpoint *m = &r->supervisor.net.member;
	struct port_range range;
	struct err ignored;

	rules_record_member(net, &m->at);
	for (size_t i = 0; i < r->plan->ports.n; i++) {
		if (port_read(r->plan->ports.v[i], &range, &ignored) < 0)
			continue;
		for (unsigned k = 0; k < range.count; k++) {
			/*
			 * The run would choose a free port; the script has a high one with the same
			 * last digits.
			 */
			uint16_t host = range.host_port ? range.host_port
							: 40000 + range.to_port % 20000;

			rules_record_port(
				net,
				&(struct rules_port){.host = range.host,
						     .to = m->at.address,
						     .host_port = (uint16_t)(host + k),
						     .to_port = (uint16_t)(range.to_port + k),
						     .udp = range.udp});
		}
	}
}

static void put_elements(const struct run *r, const char *set, const char *verb, struct buf *to)
{
	own_record struct record net = {0};
	own_buf struct buf commands = {0}, body = {0};

	make_record(r, &net);
	nftset_text(&commands, set, verb, &net);
	nft_shell(commands.data, &body);
	put_body(&body, to);
}

static void connect_to(const struct run *r, struct buf *to)
{
	const struct endpoint *m = &r->supervisor.net.member;
	own_netlink struct netlink *shell = netlink_text(to);
	own_network struct network n = NETWORK_NONE;
	struct err ignored;

	if (network_find(r->store, netstage_name(r->plan), &n, &ignored) < 0)
		return;
	bring_up(&n, to);
	buf_str(to,
		"# What the packet filter knows of the container: where its packets come from, and its\n"
		"# ports. All of it is new, or nothing is added: what others have stays theirs.\n"
		"announce() {\n");
	put_elements(r, n.set, "create", to);
	buf_str(to, "}\nwithdraw() {\n");
	put_elements(r, n.set, "delete", to);
	buf_str(to,
		"}\nundo=\"withdraw $undo\"\nannounce || { undo=${undo#* }; exit 1; }\n\n"
		"# A pair of links: one end is a port of the bridge, the other the container's.\n");
	buf_fmt(to, "remove_pair() { ip link del %s 2>/dev/null; }\nundo=\"remove_pair $undo\"\n",
		m->at.link);
	endpoint_pair(shell, m, NULL, -1, "\"$holder\"", &ignored);
}

void recipe_net(const struct run *r, struct recipe *out)
{
	own_netlink struct netlink *inside = netlink_text(&out->inside);
	struct err ignored;

	/* The run explains the other calls when it makes them. */
	if (out->typed) {
		buf_str(&out->inside, "unshare --net\n");
		return;
	}
	buf_str(&out->flags, " --net");
	if (r->store && netstage_name(r->plan))
		connect_to(r, &out->held);
	netstage_set_up(inside, r, NULL, &ignored);
}

/* ---- the network of another container ---- */

/* Adds the first pid of the other container's cgroup, quoted. */
static void first_of(const struct run *r, struct buf *to)
{
	own_str char *group = NULL, *procs = NULL;
	const struct hierarchy *trees;
	char id[ID_LEN] = "";
	struct err ignored;

	if (name_resolve(r->store, "ps", netstage_container(r->plan), id, &ignored) < 0 ||
	    hierarchy_find(&trees, &ignored) <= 0)
		return;
	group = container_group(id);
	procs = hierarchy_path(trees, group, "cgroup.procs");
	buf_str(to, "\"$(head -n 1 ");
	shell_word(to, procs);
	buf_str(to, ")\"");
}

static void enter_other(const struct run *r, struct recipe *out, const char *what)
{
	struct buf *to = out->typed ? &out->inside : &out->other;

	if (out->typed || !to->len) {
		buf_str(to, "nsenter --target ");
		first_of(r, to);
	}
	buf_fmt(to, " %s%s", what, out->typed ? "\n" : "");
}

void recipe_net_shared(const struct run *r, struct recipe *out)
{
	enter_other(r, out, "--net");
	if (!out->typed)
		buf_str(&out->entered, " --net");
}

void recipe_user_shared(const struct run *r, struct recipe *out)
{
	enter_other(r, out, "--user --setuid 0 --setgid 0");
	if (!out->typed)
		buf_str(&out->entered, " --user");
}
