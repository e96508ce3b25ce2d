#include "run/netplan.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "run/netstage.h"
#include "store/names.h"

static const char *meant(const char *network)
{
	return network && !str_equal(network, "bridge") ? network : NETWORK_DEFAULT;
}

/* Several networks are networks of ct, each once. */
static int add_networks(const struct runopts *o, struct plan *p, struct err *e)
{
	for (size_t i = 0; i < o->more_networks.n; i++) {
		const char *network = meant(o->more_networks.v[i]), *name;

		if (!netstage_name(p) || net_mode_read(network, &name) != NET_NAMED)
			return err_set(e, "--network %s: not together with --network %s",
				       o->more_networks.v[i], o->network);
		if (str_equal(network, p->network) || strv_has(&p->more_networks, network))
			return err_set(e, "--network %s: given twice", network);
		strv_add(&p->more_networks, network);
	}
	return 0;
}

static int add_aliases(const struct runopts *o, struct plan *p, struct err *e)
{
	for (size_t i = 0; i < o->aliases.n; i++) {
		if (name_check_container(o->aliases.v[i], e) < 0)
			return err_wrap(e, "--network-alias");
		strv_add(&p->aliases, o->aliases.v[i]);
	}
	return 0;
}

static int add_searches(const struct runopts *o, struct plan *p, struct err *e)
{
	for (size_t i = 0; i < o->dns_search.n; i++) {
		const char *domain = o->dns_search.v[i];
		bool valid = *domain;

		for (const char *c = domain; *c; c++)
			valid &= isalnum((unsigned char)*c) || strchr(".-_", *c);
		if (!valid)
			return err_set(e, "--dns-search %s: not a domain", domain);
		strv_add(&p->dns_search, domain);
	}
	return 0;
}

int netplan_make(const struct runopts *o, struct plan *p, struct err *e)
{
	struct in_addr ip;

	p->net = net_mode_read(meant(o->network), &p->network);
	p->ip = o->ip;
	if ((o->ports.n || o->publish_all) && !netstage_name(p))
		return err_set(e, "--publish%s%s: needs a network, not --network %s",
			       o->ports.n ? " " : "-all", o->ports.n ? o->ports.v[0] : "",
			       o->network);
	if ((o->ip || o->aliases.n) && !netstage_name(p))
		return err_set(e, "%s: needs a network, not --network %s",
			       o->ip ? "--ip" : "--network-alias", o->network);
	if (o->ip && inet_pton(AF_INET, o->ip, &ip) != 1)
		return err_set(e, "--ip %s: not an IPv4 address", o->ip);
	if (o->ip && o->more_networks.n)
		return err_set(e, "--ip %s: only with one --network", o->ip);
	if (o->dns_search.n && netstage_is_shared(p))
		return err_set(e, "--network %s: shares resolvers (without --dns-search)",
			       o->network);
	return add_networks(o, p, e) < 0 || add_aliases(o, p, e) < 0 || add_searches(o, p, e) < 0
		? -1
		: 0;
}
