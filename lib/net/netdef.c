#include "net/netdef.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/record.h"
#include "kernel/rtnl.h"
#include "store/names.h"

/* --- overlaps --- */

static int other_networks(const struct store *s, const struct network *n, struct err *e)
{
	own_strv struct strv names = {0};
	char text[SUBNET_TEXT], other_text[SUBNET_TEXT];
	struct network other;

	if (network_list(s, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (strcmp(names.v[i], n->name) == 0)
			continue;
		if (network_find(s, names.v[i], &other, e) < 0)
			return -1;
		if (!subnet_overlap(&other.subnet, &n->subnet))
			continue;
		subnet_text(&n->subnet, text);
		subnet_text(&other.subnet, other_text);
		return err_set(e, "%s: overlaps %s of network %s", text, other_text, other.name);
	}
	return 0;
}

struct overlap_search {
	const struct network *of;
	unsigned own; /* interface index of the network's own bridge; 0: none yet */
	struct rtnl_route hit;
	bool found;
};

/* The host's own address is reported only if no other route overlaps. */
static int is_hit(const struct rtnl_route *route, void *arg)
{
	struct overlap_search *at = arg;

	if (route->to.prefix == 0 || (route->link && route->link == at->own) ||
	    !subnet_overlap(&route->to, &at->of->subnet) || (at->found && route->local))
		return 0;
	at->found = true;
	at->hit = *route;
	return !route->local;
}

static int host_routes(struct netlink *rtnl, const struct network *n, struct err *e)
{
	struct overlap_search at = {.of = n};
	char text[SUBNET_TEXT], route[SUBNET_TEXT];
	struct rtnl_link link = {0};

	if (rtnl_find(rtnl, n->bridge, &link, e) < 0)
		return -1;
	at.own = link.index;
	if (rtnl_routes(rtnl, is_hit, &at, e) < 0)
		return -1;
	if (!at.found)
		return 0;
	if (!at.hit.link || rtnl_find_index(rtnl, at.hit.link, &link, e) <= 0)
		strcpy(link.name, "several");
	subnet_text(&n->subnet, text);
	subnet_text(&at.hit.to, route);
	return err_set(e, "%s: overlaps the host's route %s of interface %s (%s another)", text,
		       route, link.name,
		       strcmp(n->name, NETWORK_DEFAULT) == 0 ? "CT_SUBNET=... chooses"
							     : "give the network");
}

int netdef_check_overlap(const struct store *s, struct netlink *rtnl, const struct network *n,
			 struct err *e)
{
	return other_networks(s, n, e) < 0 ? -1 : host_routes(rtnl, n, e);
}

/* --- new ones --- */

/* Finds the first free /24 in the /16 after the default network's subnet. */
static int choose_subnet(const struct store *s, struct netlink *rtnl, struct network *n,
			 struct err *e)
{
	struct network usual = {.dir = -1};
	uint32_t last, base;
	struct err why;

	if (network_find(s, NETWORK_DEFAULT, &usual, e) < 0)
		return -1;
	last = ntohl(subnet_at(&usual.subnet, subnet_size(&usual.subnet) - 1).s_addr);
	base = (last | 0xffff) + 1;
	for (uint32_t i = 0; i < 256; i++) {
		n->subnet = (struct subnet){{htonl(base + (i << 8))}, 24};
		if (network_check_subnet(n, e) < 0)
			return -1;
		if (netdef_check_overlap(s, rtnl, n, &why) == 0)
			return 0;
	}
	return err_set(e, "network %s: no free subnet (choose one with --subnet)", n->name);
}

/* Finds the lowest free number. */
static int choose_number(const struct store *s, struct network *n, unsigned *number, struct err *e)
{
	own_strv struct strv names = {0}, bridges = {0};
	struct network other;

	if (network_list(s, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (network_find(s, names.v[i], &other, e) < 0)
			return -1;
		strv_add(&bridges, other.bridge);
	}
	for (*number = 1; *number < NETWORK_NUMBER_END; ++*number) {
		network_name_bridge(n, *number);
		if (!strv_has(&bridges, n->bridge))
			return 0;
	}
	return err_set(e, "network %s: too many networks (the limit is %d)", n->name,
		       NETWORK_NUMBER_END - 1);
}

/* Words with another meaning for --network. */
static bool is_reserved(const char *name)
{
	return strcmp(name, "none") == 0 || strcmp(name, "host") == 0 ||
		strcmp(name, "bridge") == 0 || strcmp(name, "container") == 0;
}

int netdef_create(const struct store *s, struct netlink *rtnl, struct network *n,
		  const char *subnet, struct err *e)
{
	own_str char *path = str_fmt("networks/%s", n->name);
	own_record struct record r = {0};
	char text[SUBNET_TEXT];
	struct network old;
	unsigned number;
	struct err why;

	if (name_check_container(n->name, &why) < 0 || is_reserved(n->name))
		return err_set(
			e,
			"%s: not a name for a network (the rules are those of a container's name; none, host, "
			"bridge and container are reserved)",
			n->name);
	if (network_find(s, n->name, &old, &why) == 0)
		return err_set(e, "%s: this network exists already", n->name);
	if (network_find(s, NETWORK_DEFAULT, &old, e) < 0)
		return -1;
	memcpy(n->set, old.set, sizeof(n->set));
	if (choose_number(s, n, &number, e) < 0)
		return -1;
	if (!subnet ? choose_subnet(s, rtnl, n, e) < 0
		    : subnet_read(subnet, &n->subnet, e) < 0 || network_check_subnet(n, e) < 0 ||
			    netdef_check_overlap(s, rtnl, n, e) < 0)
		return -1;
	if (mkdirat(s->root, "networks", 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s/networks", s->root_path);
	file_sweep(s->root, "networks");
	subnet_text(&n->subnet, text);
	record_add_uint(&r, "number", number);
	record_add(&r, "subnet", text);
	record_add_uint(&r, "internal", n->internal);
	record_add_uint(&r, "isolated", n->isolated);
	return record_keep(s->root, path, &r, e) < 0 ? err_wrap(e, "%s", s->root_path) : 0;
}

int netdef_remove(const struct store *s, const char *name, struct err *e)
{
	own_str char *path = str_fmt("networks/%s", name);
	own_network struct network n = NETWORK_NONE;

	if (strcmp(name, NETWORK_DEFAULT) == 0)
		return err_set(e, "%s: the default network cannot be removed", name);
	if (network_find(s, name, &n, e) < 0 && e->sys == ENOENT)
		return -1;
	if (network_open(s, name, &n, e) == 0)
		return err_set(e, "%s: this network is up", name);
	return unlinkat(s->root, path, 0) < 0 ? err_sys(e, "remove network %s", name) : 0;
}
