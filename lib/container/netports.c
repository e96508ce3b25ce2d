#include "container/netports.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "net/nftset.h"
#include "net/portctl.h"

/*
 * Writes the ports to the record and adds their elements; rules that another program flushed are
 * written again. A failure is undone.
 */
static int publish(const struct netattach *w, const struct ports *p, struct bridge_how *how,
		   struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_record struct record net = {0}, added = {0};
	own_network struct network n = NETWORK_NONE, again = NETWORK_NONE;
	struct rules_member m;
	struct err ignored;

	if (lock < 0 || netattach_read(w, &net, e) < 0)
		return -1;
	if (!netattach_find_way_out(w, &net, &m, &n) || m.address.s_addr != p->v->to.s_addr)
		return err_set(e, "%s: disconnected meanwhile", w->ref);
	for (size_t i = 0; i < p->n; i++) {
		rules_record_port(&added, &p->v[i]);
		rules_record_port(&net, &p->v[i]);
	}
	if (netattach_write(w, &net, e) == 0 &&
	    (nftset_change(NULL, n.set, NFT_ADD, &added, e) == 0 ||
	     (e->sys == ENOENT && bridge_up(w->store, w->rtnl, n.name, how, &again, e) == 0)))
		return 0;
	nftset_change(NULL, n.set, NFT_DELETE, &added, &ignored);
	for (size_t i = 0; i < added.keys.n; i++)
		record_remove(&net, "port", added.values.v[i]);
	netattach_write(w, &net, &ignored);
	return -1;
}

/* Whether a line is that of one of the ports. */
static bool is_among(const char *key, const char *value, const void *arg)
{
	const struct port_range *r = arg;
	struct rules_port p;

	return strcmp(key, "port") == 0 && rules_read_port(value, &p) && p.udp == r->udp &&
		p.host_port >= r->host_port && p.host_port - r->host_port < (int)r->count &&
		(!r->host.s_addr || p.host.s_addr == r->host.s_addr);
}

/*
 * Makes the supervisor release ports that are not in the record: they belong to a command that was
 * killed before it wrote the record.
 */
static int hold(const struct netattach *w, const struct record *net, const struct port_range *range,
		struct in_addr to, struct ports *done, struct err *e)
{
	own_record struct record kept = {0}, there = {0};
	struct err ignored;

	if (ports_hold(done, range, to, e) == 0)
		return 0;
	netattach_split(net, is_among, range, &kept, &there);
	if (e->sys != EADDRINUSE || there.keys.n)
		return -1;
	ports_close(done);
	for (unsigned i = 0; i < range->count; i++) {
		struct rules_port p = {.host = range->host,
				       .host_port = (uint16_t)(range->host_port + i),
				       .udp = range->udp};

		portctl_drop(w->store, w->container.id, &p, &ignored);
	}
	return ports_hold(done, range, to, e);
}

int netports_publish(const struct netattach *w, const struct port_range *range,
		     struct bridge_how *how, struct ports *done, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	own_record struct record net = {0};
	const char *id = w->container.id;
	struct rules_member m;
	struct err ignored;
	size_t held = 0;

	if (netattach_read(w, &net, e) < 0)
		return -1;
	if (!netattach_find_way_out(w, &net, &m, &n))
		return err_set(e, "%s: not connected to a network that can be reached from outside",
			       w->ref);
	if (hold(w, &net, range, m.address, done, e) < 0)
		goto failed;
	while (held < done->n && portctl_hold(w->store, id, &done->v[held], done->fd[held], e) == 0)
		held++;
	if (held == done->n && publish(w, done, how, e) == 0)
		return 0;
failed:
	while (held-- > 0)
		portctl_drop(w->store, id, &done->v[held], &ignored);
	ports_close(done);
	return -1;
}

/* --- ports of a disconnected network --- */

/* Reads CT_RUN/ps_N/unpublished; a missing file is an empty record. */
static int read_unpublished(const struct netattach *w, struct record *r, struct err *e)
{
	own_str char *path = str_fmt("%s/" NETATTACH_UNPUBLISHED, w->container.id);

	return record_read(w->store->run, path, r, e) < 0 && e->sys != ENOENT ? -1 : 0;
}

static int write_unpublished(const struct netattach *w, const struct record *r, struct err *e)
{
	own_str char *path = str_fmt("%s/" NETATTACH_UNPUBLISHED, w->container.id);

	if (r->keys.n)
		return record_write(w->store->run, path, r, e);
	return unlinkat(w->store->run, path, 0) < 0 && errno != ENOENT
		? err_sys(e, "%s/%s", w->store->run_path, path)
		: 0;
}

/*
 * Deletes ports from the record of unpublished ports. Returns 1 if there were any. The caller holds
 * the lock.
 */
static int forget(const struct netattach *w, const struct port_range *range, struct err *e)
{
	own_record struct record r = {0}, kept = {0}, gone = {0};

	if (read_unpublished(w, &r, e) < 0)
		return -1;
	netattach_split(&r, is_among, range, &kept, &gone);
	if (!gone.keys.n)
		return 0;
	return write_unpublished(w, &kept, e) < 0 ? -1 : 1;
}

int netports_restore(const struct netattach *w, struct bridge_how *how, struct err *e)
{
	own_record struct record r = {0}, net = {0};
	own_network struct network n = NETWORK_NONE;
	struct rules_member m;
	struct rules_port p;

	if (read_unpublished(w, &r, e) < 0 || netattach_read(w, &net, e) < 0)
		return -1;
	if (!r.keys.n || !netattach_find_way_out(w, &net, &m, &n))
		return 0;
	for (size_t i = 0; i < r.keys.n; i++) {
		own_ports struct ports done = {0};
		struct port_range range;

		if (!rules_read_port(r.values.v[i], &p))
			continue;
		range = (struct port_range){.host = p.host,
					    .host_port = p.host_port,
					    .to_port = p.to_port,
					    .count = 1,
					    .udp = p.udp};
		if (netports_publish(w, &range, how, &done, e) < 0)
			return -1;
	}
	return write_unpublished(w, &(struct record){0}, e);
}

int netports_unpublish(const struct netattach *w, const struct port_range *range, struct err *e)
{
	own_fd int lock = network_lock(w->store, e);
	own_record struct record net = {0}, kept = {0}, gone = {0};
	int forgotten;

	if (lock < 0 || netattach_read(w, &net, e) < 0)
		return -1;
	netattach_split(&net, is_among, range, &kept, &gone);
	forgotten = forget(w, range, e);
	if (forgotten < 0)
		return -1;
	if (!gone.keys.n)
		return forgotten ? 0 : err_set(e, "%s: no such port is published", w->ref);
	if (nftset_change(NULL, record_get(&net, "set"), NFT_DELETE, &gone, e) < 0 ||
	    netattach_write(w, &kept, e) < 0)
		return -1;
	shut_fd(&lock);
	netattach_drop_ports(w, &gone);
	return 0;
}
