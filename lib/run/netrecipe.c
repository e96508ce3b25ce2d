#include "run/netrecipe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "container/container.h"
#include "kernel/hierarchy.h"
#include "run/netstage.h"
#include "store/names.h"

enum { MAC_TEXT = 18 };

static const char *mac_of(struct in_addr address, char text[MAC_TEXT])
{
	uint8_t mac[6];

	subnet_mac(address, mac);
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return text;
}

static const char *text_of(struct in_addr a, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &a, text, INET_ADDRSTRLEN);
}

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

/* ---- the bridge, if it is not there ---- */

static void put_tables(const struct network *n, struct buf *to)
{
	struct rules_bridge bridge = {
		.subnet = n->subnet, .internal = n->internal, .isolated = n->isolated};
	own_buf struct buf rules = {0}, line = {0};
	struct strv none = {0};

	memcpy(bridge.name, n->bridge, sizeof(bridge.name));
	rules_tables(&rules, n->set, &bridge, 1, &none);
	shell_format(&line, rules.data);
	buf_fmt(to, "printf %s | nft -f -\n", line.data);
}

static void bring_up(const struct network *n, struct recipe *out)
{
	char mac[MAC_TEXT], address[INET_ADDRSTRLEN];
	struct in_addr gateway = network_gateway(n);
	struct buf *to = &out->held;

	buf_fmt(to, "if ! ip link show %s >/dev/null 2>&1; then\nmade=%s\n", n->bridge, n->bridge);
	buf_fmt(to, "ip link add %s address %s type bridge group_fwd_mask 16384\n", n->bridge,
		mac_of(gateway, mac));
	buf_fmt(to, "sysctl -qw net.ipv4.conf.%s.route_localnet=1 net.ipv4.conf.%s.forwarding=1\n",
		n->bridge, n->bridge);
	buf_fmt(to, "ip address replace %s/%u broadcast + dev %s\n", text_of(gateway, address),
		n->subnet.prefix, n->bridge);
	put_tables(n, to);
	if (!n->internal)
		buf_fmt(to,
			"for link in $(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'); do "
			"[ \"$(cat \"/proc/sys/net/ipv4/conf/$link/forwarding\")\" = 1 ] || { opened=\"$opened $link\"; "
			"nft \"add element inet " RULES_TABLES " " RULES_OPENED
			" { \\\"$link\\\" }; "
			"add element inet " RULES_TABLES " " RULES_CLAIMED " { \\\"$link\\\" }\"; "
			"echo 1 >\"/proc/sys/net/ipv4/conf/$link/forwarding\"; }; done\n",
			n->set, n->set);
	buf_fmt(to, "ip link set %s up\nfi\n", n->bridge);
	buf_fmt(&out->after,
		"if [ -n \"$made\" ]; then ip link del %s; nft 'delete table inet " RULES_TABLES
		"; delete table bridge " RULES_TABLES
		"'; for link in $opened; do echo 0 >\"/proc/sys/net/ipv4/conf/$link/forwarding\"; done; fi\n",
		n->bridge, n->set, n->set);
}

/* ---- its end ---- */

/* All or none: what another has already is not ours to take away. */
static void put_elements(struct buf *to, const struct buf *commands)
{
	static const char add[] = "add ";
	own_strv struct strv lines = {0};
	bool some = false;

	strv_split(&lines, commands->data, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		bool adds = str_starts(lines.v[i], add);

		if (!*lines.v[i])
			continue;
		buf_fmt(to, "%s%s%s", some ? "; " : "nft '", adds ? "create " : "",
			lines.v[i] + (adds ? strlen(add) : 0));
		some = true;
	}
	buf_str(to, "'");
}

/* What a container is known by to the packet filter, and its ports. */
static void tell_filter(const struct run *r, const char *set, bool add, struct buf *to)
{
	const struct endpoint *m = &r->supervisor.net.member;
	own_buf struct buf commands = {0};
	struct port_range range;
	struct err ignored;

	rules_member(&commands, set, add, &m->at);
	for (size_t i = 0; i < r->plan->ports.n; i++) {
		if (port_read(r->plan->ports.v[i], &range, &ignored) < 0)
			continue;
		for (unsigned k = 0; k < range.count; k++) {
			/* A port that the run would choose: a high one of the same last digits. */
			uint16_t host = range.host_port ? range.host_port
							: 40000 + range.to_port % 20000;

			rules_port(&commands, set, add,
				   &(struct rules_port){.host = range.host,
							.to = m->at.address,
							.host_port = (uint16_t)(host + k),
							.to_port = (uint16_t)(range.to_port + k),
							.udp = range.udp});
		}
	}
	put_elements(to, &commands);
}

static void pair(const struct endpoint *m, struct buf *to)
{
	char mac[MAC_TEXT];

	buf_fmt(to,
		"ip link add %s type veth peer name %s address %s netns \"$holder\"\nlinked=1\n",
		m->at.link, m->at.inside, mac_of(m->at.address, mac));
	buf_fmt(to, "ip link set %s master %s up\n", m->at.link, m->bridge_name);
	buf_fmt(to, "bridge link set dev %s hairpin on isolated %s\n", m->at.link,
		m->isolated ? "on" : "off");
}

static void configure(const struct endpoint *m, struct buf *to)
{
	char address[INET_ADDRSTRLEN];

	buf_fmt(to, "ip address replace %s/%u broadcast + dev %s\n",
		text_of(m->address.address, address), m->address.prefix, m->at.inside);
	buf_fmt(to, "ip link set %s up\n", m->at.inside);
	if (m->gateway.s_addr)
		buf_fmt(to, "ip route replace default via %s dev %s\n",
			text_of(m->gateway, address), m->at.inside);
}

static void connect_to(const struct run *r, struct recipe *out)
{
	own_network struct network n = NETWORK_NONE;
	struct err ignored;

	if (network_find(r->store, netstage_name(r->plan), &n, &ignored) < 0)
		return;
	buf_fmt(&out->after,
		"[ -z \"$linked\" ] || ip link del %s 2>/dev/null\n[ -z \"$joined\" ] || ",
		r->supervisor.net.member.at.link);
	tell_filter(r, n.set, false, &out->after);
	buf_str(&out->after, "\n");
	bring_up(&n, out);
	buf_str(&out->held, "joined=1\n");
	tell_filter(r, n.set, true, &out->held);
	buf_str(&out->held, " || { joined=''; exit 1; }\n");
	pair(&r->supervisor.net.member, &out->held);
	configure(&r->supervisor.net.member, &out->inside);
}

void recipe_net(const struct run *r, struct recipe *out)
{
	bool known = r->store && netstage_name(r->plan);

	if (out->typed)
		buf_str(&out->inside, "unshare --net\n");
	else
		buf_str(&out->flags, " --net");
	if (r->plan->net == NET_EMPTY)
		return;
	buf_fmt(&out->inside,
		"echo 0 %u >/proc/sys/net/ipv4/ping_group_range\necho 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start\n",
		netstage_last_group(&r->map));
	/* What comes is told as it is done (rtnl.h). */
	if (out->typed && known)
		return;
	buf_str(&out->inside, "ip link set lo up\n");
	if (known)
		connect_to(r, out);
}

/* ---- another container's ---- */

/* A process of its group, quoted. */
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
