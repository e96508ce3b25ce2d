/*
 * ct-net connect, disconnect, publish, unpublish, and the single steps of up and connect: the
 * endpoints of a running container.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "cmd.h"
#include "container/netports.h"
#include "kernel/rtnl.h"
#include "net.h"
#include "net/bridge.h"

/* Opens the host and the running container that the operand names. */
static int open_both(struct host *h, struct netattach *w, const char *ref, struct err *e)
{
	return host_open(h, STORE_LOOK, e) < 0 ? -1 : netattach_open(w, &h->store, h->rtnl, ref, e);
}

static const char *named(const char *network)
{
	return network ? network : NETWORK_DEFAULT;
}

/* docker and podman write NETWORK CONTAINER. */
static int check_order(char **operands, struct err *e)
{
	if (!operands[1])
		return 0;
	err_set(e, "%s: extra operand: use --network %s %s", operands[1], operands[0], operands[1]);
	return err_status(e, 2);
}

int net_connect(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_netattach struct netattach w = NETATTACH_NONE;
	struct bridge_how how = {.thorough = false};
	struct err e, ignored;

	if (check_order(operands, &e) < 0 || open_both(&h, &w, operands[0], &e) < 0 ||
	    netattach_connect(&w, named(args->network), &how, &e) < 0)
		return cmd_failed(&e);
	if (netports_restore(&w, &how, &e) < 0) {
		netattach_disconnect(&w, named(args->network), &ignored);
		return cmd_failed(&e);
	}
	if (*how.note)
		cmd_note("%s", how.note);
	return cmd_end(0);
}

int net_disconnect(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_netattach struct netattach w = NETATTACH_NONE;
	struct err e;

	if (check_order(operands, &e) < 0 || open_both(&h, &w, operands[0], &e) < 0 ||
	    netattach_disconnect(&w, args->network, &e) < 0)
		return cmd_failed(&e);
	return cmd_end(0);
}

int disconnect_all(struct host *h, const char *network, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	own_strv struct strv ids = {0};

	if (network_open(&h->store, network, &n, e) < 0 ||
	    network_members(&h->store, &n, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_netattach struct netattach w = NETATTACH_NONE;

		if (netattach_open(&w, &h->store, h->rtnl, ids.v[i], e) < 0 ||
		    netattach_disconnect(&w, network, e) < 0)
			return -1;
		cmd_note("%s: disconnected from network %s", ids.v[i], network);
	}
	return 0;
}

/* --- ports --- */

static int publish_one(const char *text, void *wire, struct err *e)
{
	struct bridge_how how = {.thorough = false};
	own_ports struct ports done = {0};
	struct port_range range;
	char port[PORT_TEXT];

	if (port_read(text, &range, e) < 0 || netports_publish(wire, &range, &how, &done, e) < 0)
		return -1;
	if (*how.note)
		cmd_note("%s", how.note);
	for (size_t i = 0; i < done.n; i++) {
		port_text(&done.v[i], port);
		puts(port);
	}
	return 0;
}

static int unpublish_one(const char *text, void *wire, struct err *e)
{
	struct port_range range;

	if (port_read_host(text, &range, e) < 0)
		return -1;
	return netports_unpublish(wire, &range, e) < 0 ? err_wrap(e, "%s", text) : 0;
}

/* Calls one() for each port: the first operand is the container, the others are ports. */
static int each_port(char **operands, int (*one)(const char *text, void *wire, struct err *e))
{
	own_host struct host h = {.store = STORE_NONE};
	own_netattach struct netattach w = NETATTACH_NONE;
	struct err e;

	if (open_both(&h, &w, operands[0], &e) < 0)
		return cmd_failed(&e);
	return cmd_end(cmd_each(operands + 1, one, &w));
}

int net_publish(const struct net_args *args, char **operands)
{
	(void)args;
	return each_port(operands, publish_one);
}

int net_unpublish(const struct net_args *args, char **operands)
{
	(void)args;
	return each_port(operands, unpublish_one);
}

/* --- steps --- */

static int step(struct host *h, const char *network,
		int (*one)(const struct store *, struct netlink *, const char *, struct err *))
{
	own_fd int lock = -1;
	struct err e;

	if (host_open(h, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	lock = network_lock(&h->store, &e);
	if (lock < 0 || one(&h->store, h->rtnl, named(network), &e) < 0)
		return cmd_failed(&e);
	return cmd_end(0);
}

int net_bridge(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};

	(void)args;
	return step(&h, operands[0], bridge_only);
}

static int let_out(const struct store *s, struct netlink *rtnl, const char *name, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	struct bridge_how how = {.thorough = true};

	if (bridge_up(s, rtnl, name, &how, &n, e) < 0)
		return -1;
	if (*how.note)
		cmd_note("%s", how.note);
	return 0;
}

int net_nat(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};

	(void)args;
	return step(&h, operands[0], let_out);
}

int net_pair(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_netattach struct netattach w = NETATTACH_NONE;
	struct err e;

	if (open_both(&h, &w, operands[0], &e) < 0 ||
	    netattach_pair(&w, named(args->network), &e) < 0)
		return cmd_failed(&e);
	return cmd_end(0);
}

int net_address(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_netattach struct netattach w = NETATTACH_NONE;
	struct err e;

	(void)args;
	if (open_both(&h, &w, operands[0], &e) < 0 || netattach_address(&w, &e) < 0)
		return cmd_failed(&e);
	return cmd_end(0);
}

int net_route(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_netattach struct netattach w = NETATTACH_NONE;
	struct err e;

	(void)args;
	if (open_both(&h, &w, operands[0], &e) < 0 || netattach_route(&w, &e) < 0)
		return cmd_failed(&e);
	return cmd_end(0);
}
