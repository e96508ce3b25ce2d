#include "net/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/record.h"
#include "kernel/nft.h"
#include "kernel/rtnl.h"
#include "net/ipforward.h"
#include "net/netdef.h"
#include "net/nftset.h"
#include "net/rules.h"

/* --- rules --- */

/* The networks that are up, for which rules are written. */
struct bridges {
	struct rules_bridge *v;
	size_t n;
	struct strv names;
};

static void bridges_free(struct bridges *b)
{
	free(b->v);
	strv_free(&b->names);
}

/* Lists all networks that are up except `but` (may be NULL). They must belong to one set. */
static int list_bridges(const struct store *s, const char *set, const char *but,
			struct bridges *out, struct err *e)
{
	own_strv struct strv names = {0};

	if (network_list_up(s, &names, e) < 0)
		return -1;
	out->v = mem_alloc((names.n + 1) * sizeof(*out->v));
	for (size_t i = 0; i < names.n; i++) {
		own_network struct network n = NETWORK_NONE;
		struct rules_bridge *b = &out->v[out->n];

		if (but && strcmp(names.v[i], but) == 0)
			continue;
		if (network_open(s, names.v[i], &n, e) < 0) {
			if (e->sys == ENOENT)
				continue;
			return -1;
		}
		if (strcmp(n.set, set) != 0)
			return err_set(e, "network %s is up with CT_BRIDGE=%s, not %s", n.name,
				       n.set, set);
		memcpy(b->name, n.bridge, sizeof(b->name));
		b->subnet = n.subnet;
		b->internal = n.internal;
		b->isolated = n.isolated;
		strv_add(&out->names, n.bridge);
		out->n++;
	}
	return 0;
}

/* Whether a container's supervisor, and with it the sockets that reserve its ports, is gone. */
static bool is_orphan(int dir)
{
	own_record struct record state = {0};
	struct proc_id supervisor;
	struct err ignored;

	if (record_read(dir, "state", &state, &ignored) < 0)
		return false;
	supervisor.pid = (pid_t)record_get_uint(&state, "supervisor");
	supervisor.start = record_get_uint(&state, "supervisor-start");
	return !proc_alive(&supervisor);
}

/*
 * Writes the elements of every container. A container without a supervisor gets none for its ports,
 * because another container may have published them by now.
 */
static int add_elements(const struct store *s, const char *set, struct buf *text, struct err *e)
{
	own_dir DIR *d = NULL;
	int fd = openat(s->run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_sys(e, "%s", s->run_path);
	while ((entry = readdir(d))) {
		own_fd int dir = id_is(entry->d_name, "ps")
			? openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			: -1;
		own_record struct record net = {0};
		struct err ignored;

		if (dir < 0 || record_read(dir, "net", &net, &ignored) < 0)
			continue;
		if (is_orphan(dir))
			record_drop(&net, "port");
		if (nftset_change(text, set, NFT_ADD, &net, e) < 0)
			return -1;
	}
	return 0;
}

static int write_rules(const struct store *s, const struct network *n, const struct bridges *b,
		       const struct strv *opened, struct err *e)
{
	own_buf struct buf text = {0};

	if (b->n)
		rules_tables(&text, n->set, b->v, b->n);
	else
		rules_no_tables(&text, n->set);
	for (size_t i = 0; b->n && i < opened->n; i++)
		rules_opened(&text, n->set, opened->v[i]);
	if (b->n && add_elements(s, n->set, &text, e) < 0)
		return -1;
	return nftrun("packet filter", text.data, e);
}

/* --- up --- */

static int enable(struct netlink *rtnl, const struct network *n, const char *what, struct err *e)
{
	own_str char *name = str_fmt("net/ipv4/conf/%s/%s", n->bridge, what);

	return rtnl_sysctl(rtnl, name, "1", e);
}

/* The queries of every run: the bridge, two tables, forwarding of the bridge and of the default
 * route. */
static bool is_ready(const struct store *s, struct netlink *rtnl, const struct network *n,
		     const struct rtnl_link *link)
{
	own_str char *tables = str_fmt(RULES_TABLES, n->set);
	own_fd int net = openat(s->run, "net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return link->up && nft_has_tables(tables) && rtnl_forwards(rtnl, (int)link->index) &&
		(n->internal || ipforward_ready(net, rtnl));
}

static bool is_same(const struct network *a, const struct network *b)
{
	return strcmp(a->set, b->set) == 0 && strcmp(a->bridge, b->bridge) == 0 &&
		subnet_overlap(&a->subnet, &b->subnet) && a->subnet.prefix == b->subnet.prefix &&
		a->internal == b->internal && a->isolated == b->isolated;
}

/*
 * Finds the bridge, if it exists and belongs to this set. was: the network's record in CT_RUN. If
 * there is no record (dir -1), an interface of that name belongs to another program.
 */
static int find_bridge(const struct store *s, struct netlink *rtnl, const struct network *n,
		       const struct network *was, struct rtnl_link *link, struct err *e)
{
	char subnet[SUBNET_TEXT];
	int got;

	if (was->dir >= 0 && !is_same(n, was)) {
		got = rtnl_find(rtnl, was->bridge, link, e);
		if (got < 0)
			return -1;
		subnet_text(&was->subnet, subnet);
		if (got)
			return err_set(e, "network %s is up as %s with %s: 'ct-net down' first",
				       n->name, was->bridge, subnet);
	}
	got = rtnl_find(rtnl, n->bridge, link, e);
	if (got > 0 && (was->dir < 0 || strcmp(link->kind, "bridge") != 0))
		return err_set(
			e,
			"%s: an interface of that name exists and does not belong to %s (CT_BRIDGE=... chooses another name)",
			n->bridge, s->run_path);
	return got < 0 ? -1 : 0;
}

int bridge_make(struct netlink *rtnl, const struct network *n, bool exists, struct err *e)
{
	struct subnet gateway = {network_gateway(n), n->subnet.prefix};
	uint8_t mac[6];

	subnet_mac(gateway.address, mac);
	if (!exists && rtnl_bridge(rtnl, n->bridge, mac, e) < 0)
		return -1;
	/* Needed for packets of ports that are published on 127.0.0.1 (rules.c). */
	if (enable(rtnl, n, "route_localnet", e) < 0 || enable(rtnl, n, "forwarding", e) < 0)
		return -1;
	return rtnl_address(rtnl, n->bridge, &gateway, e);
}

static int make_bridge(struct netlink *rtnl, const struct network *n, struct rtnl_link *link,
		       struct err *e)
{
	return bridge_make(rtnl, n, link->index, e) < 0 || rtnl_find(rtnl, n->bridge, link, e) < 0
		? -1
		: 0;
}

static int is_dropping(const struct nft_chain *c, void *arg)
{
	if (c->hook != NF_INET_FORWARD || !c->drops ||
	    (c->family != NFPROTO_IPV4 && c->family != NFPROTO_INET))
		return 0;
	*(struct nft_chain *)arg = *c;
	return 1;
}

/* An accept in ct's tables does not override a drop in another program's table. */
static void note_drops(const struct network *n, struct bridge_how *how)
{
	const char *b = n->bridge, *family;
	struct nft_chain c;
	struct err ignored;

	if (nft_chains(is_dropping, &c, &ignored) != 1)
		return;
	family = c.family == NFPROTO_INET ? "inet" : "ip";
	if (c.family == NFPROTO_IPV4 && strcmp(c.table, "filter") == 0 &&
	    strcmp(c.name, "FORWARD") == 0)
		snprintf(how->note, sizeof(how->note),
			 "iptables may drop forwarded packets; allow them with: "
			 "iptables -I FORWARD -i %s -j ACCEPT; iptables -I FORWARD -o %s -j ACCEPT",
			 b, b);
	else
		snprintf(
			how->note, sizeof(how->note),
			"the table %s %s may drop forwarded packets; allow them with: "
			"nft insert rule %s %s %s iifname %s accept; nft insert rule %s %s %s oifname %s accept",
			c.table, c.name, family, c.table, c.name, b, family, c.table, c.name, b);
}

/* An internal network needs no forwarding. */
static int plan_forwarding(int net, struct netlink *rtnl, const char *set, const struct bridges *b,
			   struct strv *opened, struct err *e)
{
	for (size_t i = 0; i < b->n; i++)
		if (!b->v[i].internal)
			return ipforward_plan(net, rtnl, set, &b->names, opened, e);
	return ipforward_restore(net, rtnl, set, e);
}

static int bring_up(const struct store *s, struct netlink *rtnl, struct network *n,
		    struct rtnl_link *link, struct err *e)
{
	__attribute__((cleanup(bridges_free))) struct bridges bridges = {0};
	own_strv struct strv opened = {0};
	own_fd int net = openat(s->run, "net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (net < 0)
		return err_sys(e, "%s/net", s->run_path);
	if (network_record(s, n, e) < 0 || list_bridges(s, n->set, NULL, &bridges, e) < 0 ||
	    netdef_check_overlap(s, rtnl, n, e) < 0 || make_bridge(rtnl, n, link, e) < 0)
		return -1;
	/* The rules that restrict forwarding come first, then forwarding, then the bridge is set
	 * up. */
	if (plan_forwarding(net, rtnl, n->set, &bridges, &opened, e) < 0 ||
	    write_rules(s, n, &bridges, &opened, e) < 0 || ipforward_open(rtnl, &opened, e) < 0)
		return -1;
	return rtnl_up(rtnl, n->bridge, true, e);
}

int bridge_up(const struct store *s, struct netlink *rtnl, const char *name, struct bridge_how *how,
	      struct network *n, struct err *e)
{
	own_network struct network was = NETWORK_NONE;
	struct rtnl_link link = {0};
	struct err ignored;
	bool found;

	how->note[0] = '\0';
	if (network_find(s, name, n, e) < 0 ||
	    (network_open(s, name, &was, e) < 0 && e->sys != ENOENT) ||
	    find_bridge(s, rtnl, n, &was, &link, e) < 0)
		return -1;
	found = link.index;
	if (how->thorough || !is_ready(s, rtnl, n, &link)) {
		if (bring_up(s, rtnl, n, &link, e) < 0) {
			err_wrap(e, "network %s", name);
			if (!found)
				bridge_down(s, rtnl, name, &ignored);
			network_close(n);
			return -1;
		}
		note_drops(n, how);
	} else {
		n->dir = take_fd(&was.dir);
	}
	n->index = link.index;
	return 0;
}

int bridge_only(const struct store *s, struct netlink *rtnl, const char *name, struct err *e)
{
	own_network struct network n = NETWORK_NONE, was = NETWORK_NONE;
	struct rtnl_link link = {0};

	if (network_find(s, name, &n, e) < 0 ||
	    (network_open(s, name, &was, e) < 0 && e->sys != ENOENT) ||
	    find_bridge(s, rtnl, &n, &was, &link, e) < 0)
		return -1;
	if (netdef_check_overlap(s, rtnl, &n, e) < 0 || network_record(s, &n, e) < 0 ||
	    make_bridge(rtnl, &n, &link, e) < 0 || rtnl_up(rtnl, n.bridge, true, e) < 0)
		return err_wrap(e, "network %s", name);
	return 0;
}

/* --- down --- */

int bridge_down(const struct store *s, struct netlink *rtnl, const char *name, struct err *e)
{
	__attribute__((cleanup(bridges_free))) struct bridges rest = {0};
	own_strv struct strv members = {0}, opened = {0};
	own_network struct network n = NETWORK_NONE;
	own_fd int net = -1;

	if (network_open(s, name, &n, e) < 0)
		return e->sys == ENOENT ? network_unrecord(s, name, e) : -1;
	if (network_members(s, &n, &members, e) < 0)
		return -1;
	if (members.n)
		return err_set(e, "network %s: %s%s", name, members.v[0],
			       members.n > 1 ? " and others are on it" : " is on it");
	net = openat(s->run, "net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (net < 0)
		return err_sys(e, "%s/net", s->run_path);
	if (rtnl_delete(rtnl, n.bridge, e) < 0 || list_bridges(s, n.set, name, &rest, e) < 0)
		return err_wrap(e, "network %s", name);
	if (plan_forwarding(net, rtnl, n.set, &rest, &opened, e) < 0 ||
	    write_rules(s, &n, &rest, &opened, e) < 0)
		return err_wrap(e, "network %s", name);
	return network_unrecord(s, name, e);
}
