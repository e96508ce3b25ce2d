#include "kernel/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/shell.h"
#include "base/str.h"
#include "kernel/netlink.h"

#define MAC          "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_BYTES(m) (m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]

struct netlink *rtnl_open(int netns, struct err *e)
{
	return netlink_open(NETLINK_ROUTE, netns, e);
}

/* --- links --- */

/* A name that is too long is left out; the kernel refuses a message without a name. */
static void put_name(struct nlmsghdr *m, uint16_t type, const char *name)
{
	mnl_attr_put_strz_check(m, NETLINK_ROOM / 2, type, name);
}

/* Starts a message about an interface, found by its name or (name NULL) by its index. */
static struct nlmsghdr *begin_link(struct netlink *n, uint16_t type, uint16_t flags, unsigned index,
				   const char *name)
{
	struct ifinfomsg *info;
	struct nlmsghdr *m = netlink_begin(n, type, flags, sizeof(*info), &info);

	info->ifi_index = (int)index;
	if (name)
		put_name(m, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	return m;
}

static void put_up(struct nlmsghdr *m, bool up)
{
	struct ifinfomsg *info = mnl_nlmsg_get_payload(m);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
}

static void add_up(struct netlink *n, const char *link, bool up)
{
	struct nlmsghdr *m = begin_link(n, RTM_NEWLINK, NLM_F_ACK, 0, link);

	put_up(m, up);
	netlink_end(n, m, false);
	netlink_shell(n, "ip link set %s %s", link, up ? "up" : "down");
}

static void add_altname(struct netlink *n, const char *link, const char *altname)
{
	struct nlmsghdr *m = begin_link(
		n, RTM_NEWLINKPROP, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, 0, link);
	struct nlattr *list = mnl_attr_nest_start(m, IFLA_PROP_LIST);

	put_name(m, IFLA_ALT_IFNAME, altname);
	mnl_attr_nest_end(m, list);
	netlink_end(n, m, true);
	netlink_shell(n, "ip link property add dev %s altname %s", link, altname);
}

static int read_link(const struct nlmsghdr *m, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(m);
	struct rtnl_link *l = arg;
	const struct nlattr *a, *b;

	*l = (struct rtnl_link){.index = (unsigned)info->ifi_index,
				.up = info->ifi_flags & IFF_UP,
				.carrier = info->ifi_flags & IFF_RUNNING};
	mnl_attr_for_each(a, m, sizeof(*info))
	{
		if (mnl_attr_get_type(a) == IFLA_IFNAME)
			snprintf(l->name, sizeof(l->name), "%s", netlink_str(a));
		else if (mnl_attr_get_type(a) == IFLA_MASTER)
			l->master = netlink_u32(a);
		else if (mnl_attr_get_type(a) == IFLA_ADDRESS &&
			 mnl_attr_get_payload_len(a) == sizeof(l->mac))
			memcpy(l->mac, mnl_attr_get_payload(a), sizeof(l->mac));
		else if (mnl_attr_get_type(a) == IFLA_LINKINFO)
			mnl_attr_for_each_nested(b, a) if (mnl_attr_get_type(b) == IFLA_INFO_KIND)
				snprintf(l->kind, sizeof(l->kind), "%s", netlink_str(b));
	}
	return 1;
}

static int find(struct netlink *n, unsigned index, const char *name, struct rtnl_link *out,
		struct err *e)
{
	struct nlmsghdr *m = begin_link(n, RTM_GETLINK, 0, index, name);
	int got;

	mnl_attr_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_end(n, m, false);
	got = netlink_ask(n, read_link, out);
	if (got >= 0 || errno == ENODEV)
		return got > 0;
	return name ? err_sys(e, "look for link %.40s", name)
		    : err_sys(e, "look for link %u", index);
}

int rtnl_find(struct netlink *n, const char *name, struct rtnl_link *out, struct err *e)
{
	return find(n, 0, name, out, e);
}

int rtnl_find_index(struct netlink *n, unsigned index, struct rtnl_link *out, struct err *e)
{
	return find(n, index, NULL, out, e);
}

/* Adds the kind of a new interface to a message. */
static struct nlattr *begin_kind(struct nlmsghdr *m, uint16_t kind_type, const char *kind)
{
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_LINKINFO);

	mnl_attr_put_strz(m, kind_type, kind);
	return info;
}

/* Otherwise frames to 01:80:c2:00:00:0e bypass the bridge's filters and reach the host. */
enum { FORWARD_LLDP = 1 << 0x0e };

int rtnl_bridge(struct netlink *n, const char *name, const uint8_t mac[6], struct err *e)
{
	struct nlmsghdr *m =
		begin_link(n, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, name);
	struct nlattr *info, *data;

	mnl_attr_put(m, IFLA_ADDRESS, 6, mac);
	info = begin_kind(m, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_u16(m, IFLA_BR_GROUP_FWD_MASK, FORWARD_LLDP);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	netlink_end(n, m, false);
	netlink_shell(n, "ip link add %s address " MAC " type bridge group_fwd_mask %d", name,
		      MAC_BYTES(mac), FORWARD_LLDP);
	return netlink_act(n) < 0 ? err_sys(e, "make bridge %s", name) : 0;
}

static void add_pair(struct netlink *n, const struct rtnl_pair *p)
{
	struct nlmsghdr *m =
		begin_link(n, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, p->name);
	struct nlattr *info, *data, *peer;

	put_up(m, true);
	if (p->bridge)
		mnl_attr_put_u32(m, IFLA_MASTER, p->bridge);
	info = begin_kind(m, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(m, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	put_name(m, IFLA_IFNAME, p->peer);
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)p->peer_netns);
	mnl_attr_put(m, IFLA_ADDRESS, sizeof(p->peer_mac), p->peer_mac);
	mnl_attr_nest_end(m, peer);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	netlink_end(n, m, false);
	netlink_shell(n, "ip link add %s type veth peer name %s address " MAC " netns %s", p->name,
		      p->peer, MAC_BYTES(p->peer_mac), p->peer_netns_name);
	if (p->bridge_name)
		netlink_shell(n, "ip link set %s master %s up", p->name, p->bridge_name);
	else
		netlink_shell(n, "ip link set %s up", p->name);
}

static void add_port(struct netlink *n, const struct rtnl_pair *p)
{
	struct nlmsghdr *m = begin_link(n, RTM_NEWLINK, NLM_F_ACK, 0, p->name);
	struct nlattr *info = begin_kind(m, IFLA_INFO_SLAVE_KIND, "bridge");
	struct nlattr *data = mnl_attr_nest_start(m, IFLA_INFO_SLAVE_DATA);

	mnl_attr_put_u8(m, IFLA_BRPORT_MODE, 1);
	mnl_attr_put_u8(m, IFLA_BRPORT_ISOLATED, p->isolated);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	netlink_end(n, m, false);
	netlink_shell(n, "bridge link set dev %s hairpin on isolated %s", p->name,
		      p->isolated ? "on" : "off");
}

int rtnl_pair(struct netlink *n, const struct rtnl_pair *p, struct err *e)
{
	struct err ignored;

	/* In a request of its own: if the name is taken, the interface with that name must not be
	 * changed. */
	add_pair(n, p);
	if (netlink_act(n) < 0)
		return err_sys(e, "make link %s", p->name);
	if (p->bridge || p->bridge_name)
		add_port(n, p);
	if (p->altname)
		add_altname(n, p->name, p->altname);
	if (netlink_empty(n) || netlink_act(n) == 0)
		return 0;
	err_sys(e, "set up link %s", p->name);
	rtnl_delete(n, p->name, &ignored);
	return -1;
}

int rtnl_up(struct netlink *n, const char *link, bool up, struct err *e)
{
	add_up(n, link, up);
	return netlink_act(n) < 0 ? err_sys(e, "set link %s %s", link, up ? "up" : "down") : 0;
}

int rtnl_delete(struct netlink *n, const char *link, struct err *e)
{
	netlink_end(n, begin_link(n, RTM_DELLINK, NLM_F_ACK, 0, link), false);
	netlink_shell(n, "ip link del %s", link);
	return netlink_act(n) == 0 || errno == ENODEV ? 0 : err_sys(e, "delete link %s", link);
}

/* --- addresses and routes --- */

/* The interface of an address or a route: messages have its index, commands its name. */
struct by_link {
	const char *name;
	unsigned index;
};

static void add_address(struct netlink *n, const struct by_link *link, const struct subnet *a)
{
	char text[SUBNET_TEXT];
	struct ifaddrmsg *address;
	struct nlmsghdr *m = netlink_begin(n, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
					   sizeof(*address), &address);

	address->ifa_family = AF_INET;
	address->ifa_prefixlen = (uint8_t)a->prefix;
	address->ifa_index = link->index;
	mnl_attr_put_u32(m, IFA_LOCAL, a->address.s_addr);
	mnl_attr_put_u32(m, IFA_ADDRESS, a->address.s_addr);
	mnl_attr_put_u32(m, IFA_BROADCAST, subnet_at(a, subnet_size(a) - 1).s_addr);
	netlink_end(n, m, false);
	subnet_text(a, text);
	netlink_shell(n, "ip address replace %s broadcast + dev %s", text, link->name);
}

static void add_default_route(struct netlink *n, const struct by_link *link, struct in_addr gateway)
{
	char text[INET_ADDRSTRLEN];
	struct rtmsg *route;
	struct nlmsghdr *m = netlink_begin(
		n, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof(*route), &route);

	route->rtm_family = AF_INET;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(m, RTA_GATEWAY, gateway.s_addr);
	mnl_attr_put_u32(m, RTA_OIF, link->index);
	netlink_end(n, m, false);
	netlink_shell(n, "ip route replace default via %s dev %s",
		      inet_ntop(AF_INET, &gateway, text, sizeof(text)), link->name);
}

/* The target is a text: there is no interface to look up. */
static int by_name(struct netlink *n, const char *name, struct by_link *link, struct err *e)
{
	struct rtnl_link found = {0};
	int got = netlink_text_of(n) ? 1 : rtnl_find(n, name, &found, e);

	*link = (struct by_link){.name = name, .index = found.index};
	return got > 0 ? 0 : got < 0 ? -1 : err_set(e, "%.40s: no such link", name);
}

int rtnl_address(struct netlink *n, const char *link, const struct subnet *a, struct err *e)
{
	struct by_link by;

	if (by_name(n, link, &by, e) < 0)
		return -1;
	add_address(n, &by, a);
	return netlink_act(n) < 0 ? err_sys(e, "give link %s an address", link) : 0;
}

int rtnl_default_route(struct netlink *n, const char *link, struct in_addr gateway, struct err *e)
{
	struct by_link by;

	if (by_name(n, link, &by, e) < 0)
		return -1;
	add_default_route(n, &by, gateway);
	return netlink_act(n) < 0 ? err_sys(e, "default route by link %s", link) : 0;
}

int rtnl_configure(struct netlink *n, const char *link, const char *altname, const struct subnet *a,
		   struct in_addr gateway, struct err *e)
{
	struct by_link by;

	if (by_name(n, link, &by, e) < 0)
		return -1;
	add_up(n, "lo", true);
	if (altname)
		add_altname(n, link, altname);
	add_address(n, &by, a);
	add_up(n, link, true);
	if (gateway.s_addr)
		add_default_route(n, &by, gateway);
	return netlink_act(n) < 0 ? err_sys(e, "set up link %s", link) : 0;
}

/* --- settings --- */

/* sysctl(8) accepts dots as separators only if no interface name has a dot. */
static void put_sysctl(struct buf *to, const char *name, const char *value)
{
	own_str char *word = str_fmt("%s=%s", name, value);

	for (char *c = word; !strchr(name, '.') && (c = strchr(c, '/')) && c < word + strlen(name);)
		*c = '.';
	buf_str(to, "sysctl -qw ");
	shell_word(to, word);
	buf_str(to, "\n");
}

int rtnl_sysctl(struct netlink *n, const char *name, const char *value, struct err *e)
{
	own_str char *path = str_fmt("/proc/sys/%s", name);
	own_buf struct buf line = {0};

	if (netlink_text_of(n) && strchr(name, '$')) {
		buf_fmt(netlink_text_of(n), "sysctl -qw \"%s=%s\"\n", name, value);
		return 0;
	}
	if (netlink_text_of(n)) {
		put_sysctl(netlink_text_of(n), name, value);
		return 0;
	}
	put_sysctl(&line, name, value);
	return file_put_same(AT_FDCWD, path, value, line.data, e);
}

/* --- queries --- */

struct routes {
	int (*one)(const struct rtnl_route *, void *arg);
	void *arg;
};

static int read_route(const struct nlmsghdr *m, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(m);
	struct rtnl_route out = {.to.prefix = route->rtm_dst_len,
				 .local = route->rtm_type == RTN_LOCAL};
	const struct routes *to = arg;
	const struct nlattr *a;

	if (route->rtm_family != AF_INET ||
	    (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL))
		return 0;
	mnl_attr_for_each(a, m, sizeof(*route))
	{
		if (mnl_attr_get_type(a) == RTA_DST)
			out.to.address.s_addr = netlink_u32(a);
		else if (mnl_attr_get_type(a) == RTA_OIF)
			out.link = netlink_u32(a);
	}
	return to->one(&out, to->arg);
}

int rtnl_routes(struct netlink *n, int (*one)(const struct rtnl_route *, void *arg), void *arg,
		struct err *e)
{
	struct routes to = {one, arg};
	struct rtmsg *route;
	struct nlmsghdr *m = netlink_begin(n, RTM_GETROUTE, NLM_F_DUMP, sizeof(*route), &route);
	int got;

	route->rtm_family = AF_INET;
	netlink_end(n, m, false);
	got = netlink_ask(n, read_route, &to);
	return got < 0 ? err_sys(e, "list routes") : got;
}

static int read_link_of_route(const struct nlmsghdr *m, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, m, sizeof(struct rtmsg)) if (mnl_attr_get_type(a) == RTA_OIF) *
		(unsigned *)arg = netlink_u32(a);
	return 0;
}

unsigned rtnl_link_to(struct netlink *n, struct in_addr to)
{
	unsigned index = 0;
	struct rtmsg *route;
	struct nlmsghdr *m = netlink_begin(n, RTM_GETROUTE, 0, sizeof(*route), &route);

	route->rtm_family = AF_INET;
	route->rtm_dst_len = 32;
	mnl_attr_put_u32(m, RTA_DST, to.s_addr);
	netlink_end(n, m, false);
	netlink_ask(n, read_link_of_route, &index);
	return index;
}

static int read_forwards(const struct nlmsghdr *m, void *arg)
{
	const struct nlattr *a;

	(void)arg;
	mnl_attr_for_each(
		a, m, sizeof(struct netconfmsg)) if (mnl_attr_get_type(a) ==
						     NETCONFA_FORWARDING) return netlink_u32(a) !=
		0;
	return 0;
}

bool rtnl_forwards(struct netlink *n, int link)
{
	struct netconfmsg *conf;
	struct nlmsghdr *m = netlink_begin(n, RTM_GETNETCONF, 0, sizeof(*conf), &conf);

	conf->ncm_family = AF_INET;
	mnl_attr_put_u32(m, NETCONFA_IFINDEX, (uint32_t)link);
	netlink_end(n, m, false);
	return netlink_ask(n, read_forwards, NULL) > 0;
}
