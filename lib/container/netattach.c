#include "container/netattach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "kernel/rtnl.h"
#include "net/endpoint.h"
#include "net/hosts.h"
#include "net/nftset.h"
#include "net/portctl.h"
#include "store/plan.h"

int netattach_open(struct netattach *w, const struct store *s, struct netlink *rtnl,
		   const char *ref, struct err *e)
{
	struct container_state st;
	struct stat ours, its;
	const char *other;

	w->store = s;
	w->rtnl = rtnl;
	w->ref = ref;
	if (container_open(s, ref, &w->container, e) < 0)
		return -1;
	if (!container_runs(s, &w->container, &st))
		return err_set(e, "%s: not running", ref);
	other = plan_container(record_get(&w->container.config, "network"));
	if (other)
		return err_set(e, "%s: uses the network of %s", ref, other);
	own_str char *path = str_fmt("/proc/%d/ns/net", (int)st.init.pid);

	w->pid = st.init.pid;
	w->netns = open(path, O_RDONLY | O_CLOEXEC);
	if (w->netns < 0 || fstat(w->netns, &its) < 0 || stat("/proc/self/ns/net", &ours) < 0)
		return err_sys(e, "%s", ref);
	if (its.st_ino == ours.st_ino)
		return err_set(e, "%s: uses the host's network", ref);
	return 0;
}

void netattach_close(struct netattach *w)
{
	explain_within("");
	container_close(&w->container);
	shut_fd(&w->netns);
}

/* --- the record --- */

int netattach_read(const struct netattach *w, struct record *net, struct err *e)
{
	return endpoint_read(w->store, w->container.id, net, e) < 0 && e->sys != ENOENT ? -1 : 0;
}

int netattach_write(const struct netattach *w, const struct record *net, struct err *e)
{
	return endpoint_write(w->store, w->container.id, net, e);
}

void netattach_split(const struct record *net,
		     bool (*is)(const char *key, const char *value, const void *arg),
		     const void *arg, struct record *kept, struct record *gone)
{
	for (size_t i = 0; i < net->keys.n; i++)
		record_add(is(net->keys.v[i], net->values.v[i], arg) ? gone : kept, net->keys.v[i],
			   net->values.v[i]);
}

/*
 * Finds the container's endpoint on a network (NULL: the first endpoint). Returns 1, or 0 if there
 * is none.
 */
static int find_member(const struct record *net, const char *network, struct rules_member *m)
{
	for (size_t i = 0; i < net->keys.n; i++)
		if (strcmp(net->keys.v[i], "member") == 0 &&
		    rules_read_member(net->values.v[i], m) &&
		    (!network || strcmp(m->network, network) == 0))
			return 1;
	return 0;
}

int netattach_find_way_out(const struct netattach *w, const struct record *net,
			   struct rules_member *m, struct network *n)
{
	struct err ignored;

	for (size_t i = 0; i < net->keys.n; i++) {
		if (strcmp(net->keys.v[i], "member") != 0 ||
		    !rules_read_member(net->values.v[i], m) ||
		    network_open(w->store, m->network, n, &ignored) < 0)
			continue;
		if (!n->internal)
			return 1;
		network_close(n);
	}
	return 0;
}

/* Chooses the interface name inside: the first of eth0, eth1, ... that no endpoint has. */
static void choose_inside(const struct record *net, char inside[16])
{
	own_strv struct strv lines = {0};
	struct rules_member m;
	bool taken = true;

	record_get_list(net, "member", &lines);
	for (unsigned i = 0; taken; i++) {
		snprintf(inside, 16, "eth%u", i);
		taken = false;
		for (size_t k = 0; k < lines.n; k++)
			taken |= rules_read_member(lines.v[k], &m) && strcmp(m.inside, inside) == 0;
	}
}

/* --- connecting --- */

/* The container's own line for its hosts file. */
static char *own_line(const struct netattach *w, struct in_addr address)
{
	const char *host = record_get(&w->container.config, "hostname"),
		   *name = record_get(&w->container.config, "name");
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address, text, sizeof(text));
	return str_fmt("%s\t%s%s%s\n", text, host ? host : w->container.id, name ? " " : "",
		       name ? name : "");
}

/* Adds the members of a network to the container's hosts file, or removes them. */
static int change_own_hosts(const struct netattach *w, const struct network *n,
			    struct in_addr address, bool add, struct err *e)
{
	own_str char *line = own_line(w, address);
	own_buf struct buf lines = {0};

	buf_str(&lines, line);
	if (hosts_of_others(n, w->container.id, &lines, e) < 0)
		return -1;
	hosts_change(w->store, w->container.id, lines.data, add);
	return 0;
}

/* Makes the endpoint on a network that is up, with its record. The caller holds the lock. */
static int join(const struct netattach *w, const struct network *n, struct endpoint *m,
		struct err *e)
{
	const char *id = w->container.id;
	own_str char *name = endpoint_netns(w->store, id);
	own_network struct network out = NETWORK_NONE;
	own_record struct record net = {0};
	struct rules_member other;
	char inside[16];

	if (netattach_read(w, &net, e) < 0)
		return -1;
	if (find_member(&net, n->name, &other))
		return err_set(e, "%s: already connected to network %s", w->ref, n->name);
	choose_inside(&net, inside);
	if (endpoint_choose(w->store, n, id, inside, m, e) < 0)
		return -1;
	/* A container has only one default route. */
	if (netattach_find_way_out(w, &net, &other, &out))
		m->gateway.s_addr = 0;
	if (!net.keys.n) {
		own_strv struct strv aliases = {0};
		own_str char *names = NULL;

		record_get_list(&w->container.config, "network-alias", &aliases);
		names = endpoint_names(record_get(&w->container.config, "name"), &aliases);
		record_add(&net, "set", n->set);
		record_add(&net, "name", names);
	}
	rules_record_member(&net, &m->at);
	if (endpoint_record(w->store, n, id, &net, m, e) < 0)
		return -1;
	return endpoint_pair(w->rtnl, m, id, w->netns, name, e);
}

/* Opens a netlink socket in the container's network namespace. */
static struct netlink *go_inside(const struct netattach *w, struct err *e)
{
	own_str char *name = endpoint_netns(w->store, w->container.id),
		     *within = str_fmt("ip netns exec %s ", name);

	explain_within(within);
	return rtnl_open(w->netns, e);
}

static int configure(const struct netattach *w, const struct network *n, const struct endpoint *m,
		     struct err *e)
{
	own_netlink struct netlink *inside = go_inside(w, e);

	if (!inside || endpoint_configure(inside, m, w->container.id, e) < 0)
		return err_wrap(e, "%s", w->ref);
	return change_own_hosts(w, n, m->at.address, true, e);
}

static int take_out(const struct netattach *w, const char *network, struct record *gone,
		    struct err *e);

int netattach_connect(const struct netattach *w, const char *network, struct bridge_how *how,
		      struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_network struct network n = NETWORK_NONE;
	own_record struct record gone = {0};
	struct endpoint m = {0};
	struct err ignored;

	if (lock < 0 || bridge_up(w->store, w->rtnl, network, how, &n, e) < 0)
		return -1;
	if (join(w, &n, &m, e) == 0 && configure(w, &n, &m, e) == 0)
		return 0;
	if (*m.at.link)
		take_out(w, network, &gone, &ignored);
	return -1;
}

/* --- disconnecting --- */

/* Whether a line belongs to an endpoint, or to a port that leads to the endpoint. */
static bool is_of(const char *key, const char *value, const void *arg)
{
	const struct rules_member *of = arg;
	struct rules_member m;
	struct rules_port p;

	if (strcmp(key, "member") == 0)
		return rules_read_member(value, &m) && strcmp(m.network, of->network) == 0;
	return strcmp(key, "port") == 0 && rules_read_port(value, &p) &&
		p.to.s_addr == of->address.s_addr;
}

void netattach_drop_ports(const struct netattach *w, const struct record *gone)
{
	struct rules_port p;
	struct err ignored;

	for (size_t i = 0; i < gone->keys.n; i++)
		if (strcmp(gone->keys.v[i], "port") == 0 && rules_read_port(gone->values.v[i], &p))
			portctl_drop(w->store, w->container.id, &p, &ignored);
}

static bool has_port(const struct record *r, const struct rules_port *p)
{
	struct rules_port other;

	for (size_t i = 0; i < r->keys.n; i++)
		if (rules_read_port(r->values.v[i], &other) &&
		    other.host.s_addr == p->host.s_addr && other.host_port == p->host_port &&
		    other.udp == p->udp)
			return true;
	return false;
}

/* Records the ports among the removed lines, so that they are published again later (netports.h).
 * */
static int keep_ports(const struct netattach *w, const struct record *gone, struct err *e)
{
	own_str char *path = str_fmt("%s/" NETATTACH_UNPUBLISHED, w->container.id);
	own_record struct record kept = {0};
	size_t before;
	struct rules_port p;

	if (record_read(w->store->run, path, &kept, e) < 0 && e->sys != ENOENT)
		return -1;
	before = kept.keys.n;
	for (size_t i = 0; i < gone->keys.n; i++)
		if (strcmp(gone->keys.v[i], "port") == 0 &&
		    rules_read_port(gone->values.v[i], &p) && !has_port(&kept, &p))
			record_add(&kept, "port", gone->values.v[i]);
	return kept.keys.n > before ? record_write(w->store->run, path, &kept, e) : 0;
}

/* Moves the default route to another network, if the container has one. */
static int reroute(const struct netattach *w, const struct record *net, struct err *e)
{
	own_netlink struct netlink *inside = NULL;
	own_network struct network n = NETWORK_NONE;
	struct rules_member m;

	if (!netattach_find_way_out(w, net, &m, &n))
		return 0;
	inside = go_inside(w, e);
	return !inside || rtnl_default_route(inside, m.inside, network_gateway(&n), e) < 0
		? err_wrap(e, "%s", w->ref)
		: 0;
}

/* gone: gets the removed lines of the endpoint. */
static int take_out(const struct netattach *w, const char *network, struct record *gone,
		    struct err *e)
{
	own_record struct record net = {0}, kept = {0};
	own_network struct network n = NETWORK_NONE;
	const char *id = w->container.id;
	struct rules_member m, other;
	struct err ignored;

	explain_within("");
	if (netattach_read(w, &net, e) < 0)
		return -1;
	if (!find_member(&net, network, &m))
		return network ? err_set(e, "%s: not connected to network %s", w->ref, network)
			       : err_set(e, "%s: not connected to any network", w->ref);
	netattach_split(&net, is_of, &m, &kept, gone);
	if (!network && find_member(&kept, NULL, &other))
		return err_set(e, "%s: connected to several networks (choose one with --network)",
			       w->ref);
	/* The interface is deleted first: without its elements it could send with any address. */
	if (rtnl_delete(w->rtnl, m.link, e) < 0)
		return -1;
	if (network_open(w->store, m.network, &n, &ignored) == 0)
		change_own_hosts(w, &n, m.address, false, &ignored);
	if (keep_ports(w, gone, e) < 0 ||
	    endpoint_let_go(w->store, id, gone, record_get(&net, "set"), e) < 0 ||
	    netattach_write(w, &kept, e) < 0)
		return -1;
	return reroute(w, &kept, e);
}

int netattach_disconnect(const struct netattach *w, const char *network, struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_record struct record gone = {0};

	if (lock < 0 || take_out(w, network, &gone, e) < 0)
		return -1;
	/* The lock is released first: waiting for the supervisor then delays nobody else. */
	shut_fd(&lock);
	netattach_drop_ports(w, &gone);
	return 0;
}

/* --- steps --- */

int netattach_pair(const struct netattach *w, const char *network, struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_network struct network n = NETWORK_NONE;
	own_record struct record gone = {0};
	struct rtnl_link bridge;
	struct endpoint m = {0};
	struct err ignored;

	if (lock < 0)
		return -1;
	if (network_open(w->store, network, &n, e) < 0 ||
	    rtnl_find(w->rtnl, n.bridge, &bridge, e) <= 0)
		return err_set(e, "network %s: no bridge ('ct-net bridge' makes it)", network);
	n.index = bridge.index;
	if (join(w, &n, &m, e) == 0)
		return 0;
	if (*m.at.link)
		take_out(w, network, &gone, &ignored);
	return -1;
}

/* Finds the container's endpoint in its record. */
static int find_end(const struct netattach *w, struct rules_member *m, struct network *n,
		    struct err *e)
{
	own_record struct record net = {0};

	if (netattach_read(w, &net, e) < 0)
		return -1;
	if (!find_member(&net, NULL, m))
		return err_set(e, "%s: no veth pair ('ct-net pair' makes it)", w->ref);
	return network_open(w->store, m->network, n, e);
}

int netattach_address(const struct netattach *w, struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_netlink struct netlink *inside = NULL;
	own_network struct network n = NETWORK_NONE;
	struct rules_member m;
	struct subnet address;

	if (lock < 0 || find_end(w, &m, &n, e) < 0)
		return -1;
	inside = go_inside(w, e);
	address = (struct subnet){m.address, n.subnet.prefix};
	if (!inside || rtnl_address(inside, m.inside, &address, e) < 0 ||
	    rtnl_up(inside, m.inside, true, e) < 0)
		return err_wrap(e, "%s", w->ref);
	return change_own_hosts(w, &n, m.address, true, e);
}

int netattach_route(const struct netattach *w, struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_netlink struct netlink *inside = NULL;
	own_network struct network n = NETWORK_NONE;
	struct rules_member m;

	if (lock < 0 || find_end(w, &m, &n, e) < 0)
		return -1;
	inside = go_inside(w, e);
	return !inside || rtnl_default_route(inside, m.inside, network_gateway(&n), e) < 0
		? err_wrap(e, "%s", w->ref)
		: 0;
}
