/* ct-net up, down, ls, create, rm: the commands on networks without a container. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "kernel/rtnl.h"
#include "net.h"
#include "net/bridge.h"
#include "net/netdef.h"

void host_close(struct host *h)
{
	netlink_close(&h->rtnl);
	store_close(&h->store);
}

int host_open(struct host *h, enum store_want want, struct err *e)
{
	if (store_open(&h->store, want, e) < 0)
		return -1;
	if (*h->store.note)
		cmd_note("%s", h->store.note);
	h->rtnl = rtnl_open(-1, e);
	return h->rtnl ? 0 : -1;
}

static int for_each(enum store_want want, char **operands,
		    int (*one)(const char *name, void *host, struct err *e))
{
	own_host struct host h = {.store = STORE_NONE};
	struct err e;

	if (host_open(&h, want, &e) < 0)
		return cmd_failed(&e);
	return cmd_end(cmd_each(operands, one, &h));
}

static int up_one(const char *name, void *host, struct err *e)
{
	struct host *h = host;
	own_network struct network n = NETWORK_NONE;
	own_fd int lock = network_lock(&h->store, e);
	struct bridge_how how = {.thorough = true};

	if (lock < 0 || bridge_up(&h->store, h->rtnl, name, &how, &n, e) < 0)
		return -1;
	if (*how.note)
		cmd_note("%s", how.note);
	return 0;
}

int net_up(const struct net_args *args, char **operands)
{
	char usual[] = NETWORK_DEFAULT, *only[] = {usual, NULL};

	(void)args;
	return for_each(STORE_UP, *operands ? operands : only, up_one);
}

/*
 * Releases the endpoints of containers whose supervisor was killed, so that they do not keep a
 * network up. Must be called without the lock of the networks: a container's lock is taken before
 * it.
 */
static int clean_dead(const struct store *s, const struct network *n, struct err *e)
{
	own_strv struct strv ids = {0};

	if (network_members(s, n, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++)
		if (container_clean_dead(s, ids.v[i], e) < 0)
			return err_wrap(e, "%s", ids.v[i]);
	return 0;
}

static int down_one(const char *name, void *host, struct err *e)
{
	struct host *h = host;
	own_network struct network n = NETWORK_NONE;
	own_fd int lock = -1;

	if (network_open(&h->store, name, &n, e) == 0) {
		if (clean_dead(&h->store, &n, e) < 0 ||
		    (h->force && disconnect_all(h, name, e) < 0))
			return -1;
	} else if (e->sys != ENOENT || network_find(&h->store, name, &n, e) < 0) {
		return -1;
	}
	if (h->store.run < 0) /* no CT_RUN yet: no network was ever up */
		return 0;
	lock = network_lock(&h->store, e);
	return lock < 0 ? -1 : bridge_down(&h->store, h->rtnl, name, e);
}

int net_down(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_strv struct strv up = {0};
	struct err e;
	int status;

	h.force = args->force;
	if (host_open(&h, STORE_LOOK, &e) < 0 || network_list_up(&h.store, &up, &e) < 0)
		return cmd_failed(&e);
	if (!*operands)
		operands = up.n ? up.v : operands;
	status = cmd_each(operands, down_one, &h);
	network_tidy(&h.store);
	return cmd_end(status);
}

/* --- definitions --- */

int net_create(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	struct network n = {.internal = args->internal, .isolated = args->isolated, .dir = -1};
	own_fd int lock = -1;
	struct err e;

	if (strlen(operands[0]) >= sizeof(n.name)) {
		err_set(&e, "%.80s: network name too long", operands[0]);
		return cmd_failed(&e);
	}
	strcpy(n.name, operands[0]);
	if (host_open(&h, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	lock = network_lock(&h.store, &e);
	if (lock < 0 || netdef_create(&h.store, h.rtnl, &n, args->subnet, &e) < 0)
		return cmd_failed(&e);
	puts(n.name);
	return cmd_end(0);
}

static int remove_one(const char *name, void *host, struct err *e)
{
	struct host *h = host;
	own_fd int lock = -1;

	if (strcmp(name, NETWORK_DEFAULT) != 0 && down_one(name, host, e) < 0)
		return -1;
	lock = network_lock(&h->store, e);
	return lock < 0 ? -1 : netdef_remove(&h->store, name, e);
}

int net_rm(const struct net_args *args, char **operands)
{
	(void)args;
	return for_each(STORE_UP, operands, remove_one);
}

/* --- ls --- */

static const struct column columns[] = {{.name = "name"},
					{.name = "bridge"},
					{.name = "subnet"},
					{.name = "up"},
					{.name = "internal"},
					{.name = "isolated"},
					{.name = "members", .number = true},
					{0}};

/* Lists a network as it was brought up or, if it is down, as it is defined. */
static int list_one(struct host *h, const char *name, struct table *t, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	own_strv struct strv members = {0};
	char subnet[SUBNET_TEXT], count[20] = "0";
	struct rtnl_link link = {0};

	if (network_open(&h->store, name, &n, e) == 0) {
		if (network_members(&h->store, &n, &members, e) < 0 ||
		    rtnl_find(h->rtnl, n.bridge, &link, e) < 0)
			return -1;
		snprintf(count, sizeof(count), "%zu", members.n);
	} else if (e->sys != ENOENT || network_find(&h->store, name, &n, e) < 0) {
		return e->sys == ENOENT ? 0 : -1; /* removed meanwhile */
	}
	subnet_text(&n.subnet, subnet);

	const char *values[] = {n.name,
				n.bridge,
				subnet,
				link.up ? "yes" : "no",
				n.internal ? "yes" : "no",
				n.isolated ? "yes" : "no",
				count};

	table_row(t, values);
	return 0;
}

int net_ls(const struct net_args *args, char **operands)
{
	own_host struct host h = {.store = STORE_NONE};
	own_strv struct strv names = {0};
	struct table *t;
	struct err e;
	int status = 0;

	(void)operands;
	t = table_begin(columns, &args->listing, &e);
	if (!t || host_open(&h, STORE_LOOK, &e) < 0 || network_list(&h.store, &names, &e) < 0)
		return cmd_failed(&e);
	for (size_t i = 0; i < names.n; i++)
		if (list_one(&h, names.v[i], t, &e) < 0)
			status = cmd_failed(&e);
	table_end(t, stdout);
	return cmd_end(status);
}
