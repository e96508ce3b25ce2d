#include "run/netstage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/record.h"
#include "container/container.h"
#include "container/etc.h"
#include "kernel/namespace.h"
#include "kernel/rtnl.h"
#include "net/bridge.h"
#include "net/hosts.h"
#include "net/portctl.h"

bool netstage_is_new(const struct plan *p)
{
	return p->net != NET_HOST && !netstage_is_shared(p);
}

const char *netstage_container(const struct plan *p)
{
	return p->net == NET_CONTAINER ? p->network : NULL;
}

bool netstage_is_shared(const struct plan *p)
{
	return netstage_container(p) != NULL;
}

const char *netstage_name(const struct plan *p)
{
	return p->net == NET_NAMED ? p->network : NULL;
}

/* --- the supervisor --- */

static int hold_ports(struct run *r, struct err *e)
{
	struct port_range range;

	for (size_t i = 0; i < r->plan->ports.n; i++)
		if (port_read(r->plan->ports.v[i], &range, e) < 0 ||
		    ports_hold(&r->supervisor.net.ports, &range,
			       r->supervisor.net.member.at.address, e) < 0)
			return -1;
	return 0;
}

void netstage_record(const struct run *r, const char *set, struct record *net)
{
	own_str char *names = endpoint_names(r->plan->name, &r->plan->aliases);

	record_add(net, "set", set);
	record_add(net, "name", names);
	rules_record_member(net, &r->supervisor.net.member.at);
	for (size_t i = 0; i < r->supervisor.net.ports.n; i++)
		rules_record_port(net, &r->supervisor.net.ports.v[i]);
}

/*
 * Called under the lock of the networks, so that no name of a container that joins at the same time
 * is missed.
 */
static int write_hosts(struct run *r, const struct network *n, struct err *e)
{
	own_buf struct buf others = {0};
	char own[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
	struct in_addr host = network_gateway(n);
	struct etc_addresses at = {own, gateway};

	inet_ntop(AF_INET, &r->supervisor.net.member.at.address, own, sizeof(own));
	inet_ntop(AF_INET, &host, gateway, sizeof(gateway));
	if (hosts_of_others(n, r->id, &others, e) < 0)
		return -1;
	return etc_write_hosts(r->supervisor.etc, r->plan, r->hostname, &at, others.data,
			       idmap_root(&r->map), e);
}

static int choose_address(struct run *r, const struct network *n, struct err *e)
{
	struct endpoint *m = &r->supervisor.net.member;
	struct in_addr ip;

	if (!r->plan->ip)
		return endpoint_choose(r->store, n, r->id, "eth0", m, e);
	if (inet_pton(AF_INET, r->plan->ip, &ip) != 1)
		return err_set(e, "--ip %s: not an IPv4 address", r->plan->ip);
	return endpoint_choose_at(r->store, n, r->id, "eth0", ip, m, e) < 0 ? err_wrap(e, "--ip")
									    : 0;
}

static int join(struct run *r, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	own_fd int lock = network_lock(r->store, e);
	own_record struct record net = {0};
	struct bridge_how how = {.thorough = false};
	own_str char *why = NULL;

	if (lock < 0)
		return -1;
	if (bridge_up(r->store, r->supervisor.net.rtnl, r->plan->network, &how, &n, e) < 0) {
		why = str_dup(e->msg);
		return e->sys == ENOENT ? err_wrap(e, "--network")
					: err_set(e, "%s (--network none does without)", why);
	}
	if (*how.note)
		strv_add(r->notes, how.note);
	if (choose_address(r, &n, e) < 0 || hold_ports(r, e) < 0)
		return -1;
	netstage_record(r, n.set, &net);
	if (endpoint_record(r->store, &n, r->id, &net, &r->supervisor.net.member, e) < 0)
		return -1;
	return write_hosts(r, &n, e);
}

int netstage_prepare(struct run *r, struct err *e)
{
	if (!r->store || r->plan->net == NET_HOST)
		return 0;
	r->supervisor.net.control = portctl_open(r->supervisor.files, e);
	if (r->supervisor.net.control < 0)
		return -1;
	if (!netstage_name(r->plan))
		return 0;
	r->supervisor.net.rtnl = rtnl_open(-1, e);
	if (!r->supervisor.net.rtnl)
		return -1;
	if (join(r, e) == 0)
		return 0;
	/* Containers whose supervisor was killed may still have addresses: these are released. */
	if (e->sys != EADDRNOTAVAIL || r->supervisor.net.ports.n)
		return -1;
	container_clean_networks(r->store);
	return join(r, e);
}

int netstage_grant(struct run *r, struct err *e)
{
	own_str char *name = NULL;
	own_fd int netns = -1;

	if (r->store)
		endpoint_show(r->store, r->id, r->supervisor.pid);
	if (!netstage_name(r->plan))
		return 0;
	netns = namespace_open(r->supervisor.pid, CLONE_NEWNET, e);
	if (netns < 0)
		return -1;
	name = endpoint_netns(r->store, r->id);
	if (endpoint_pair(r->supervisor.net.rtnl, &r->supervisor.net.member, r->id, netns, name,
			  e) < 0)
		return -1;
	netlink_close(&r->supervisor.net.rtnl);
	return 0;
}

void netstage_answer(void *run)
{
	struct run *r = run;

	portctl_answer(r->supervisor.net.control, &r->supervisor.net.ports);
}

void netstage_undo(struct run *r)
{
	struct err ignored;

	if (netstage_name(r->plan))
		endpoint_clean(r->store, r->id, &ignored);
}

/* --- the first process --- */

static int bring_up_loopback(struct netlink *to, struct err *e)
{
	static const char shell[] = "ip link set lo up\n";
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	own_fd int sock = -1;
	int failed;

	if (netlink_text_of(to)) {
		buf_str(netlink_text_of(to), shell);
		return 0;
	}
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	failed = sock < 0 ? -1 : ioctl(sock, SIOCSIFFLAGS, &lo);
	explain_call(shell, failed, "ioctl(%d, SIOCSIFFLAGS, {\"lo\", IFF_UP|IFF_RUNNING})", sock);
	return failed < 0 ? err_sys(e, "bring up lo") : 0;
}

/* The last group that may ping: the last of the ID map or, without one, of the own namespace. */
static unsigned last_group(const struct idmap *map)
{
	struct idmap ours;
	struct err ignored;

	if (!map->n && idmap_of(0, &ours, &ignored) == 0)
		map = &ours;
	return map->n && map->line[0].count - 1 < INT32_MAX ? map->line[0].count - 1 : INT32_MAX;
}

/*
 * Every user may send pings and listen on any port, because the container is the only host in its
 * network namespace. A kernel without these settings is no error.
 */
static void allow_users(struct netlink *to, const struct idmap *map)
{
	own_str char *groups = str_fmt("0 %u", last_group(map));
	struct err ignored;

	rtnl_sysctl(to, "net/ipv4/ping_group_range", groups, &ignored);
	rtnl_sysctl(to, "net/ipv4/ip_unprivileged_port_start", "0", &ignored);
}

int netstage_sysctls(struct netlink *to, const struct strv *sysctls, enum sysctl_kind kind,
		     struct err *e)
{
	for (size_t i = 0; i < sysctls->n; i++) {
		own_str char *path = NULL;
		enum sysctl_kind its;
		const char *value;

		if (sysctl_read(sysctls->v[i], &path, &value, &its, e) < 0)
			return err_wrap(e, "--sysctl");
		if (its == kind && rtnl_sysctl(to, path, value, e) < 0)
			return err_wrap(e, "--sysctl %s", sysctls->v[i]);
	}
	return 0;
}

int netstage_set_up(struct netlink *to, const struct run *r, const char *id, struct err *e)
{
	if (r->plan->bundle)
		return bring_up_loopback(to, e);
	if (r->plan->net == NET_EMPTY) /* a bare run with only an empty network namespace */
		return 0;
	allow_users(to, &r->map);
	if ((netstage_name(r->plan) ? endpoint_configure(to, &r->supervisor.net.member, id, e)
				    : bring_up_loopback(to, e)) < 0)
		return -1;
	/* Last: a setting of an interface needs the interface. */
	return netstage_sysctls(to, &r->plan->sysctls, SYSCTL_NET, e);
}

int netstage_enter(struct run *r, struct err *e)
{
	own_netlink struct netlink *rtnl = netstage_name(r->plan) ? rtnl_open(-1, e) : NULL;

	return netstage_name(r->plan) && !rtnl ? -1 : netstage_set_up(rtnl, r, r->id, e);
}
