#include "container/rename.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"
#include "container/container.h"
#include "net/endpoint.h"
#include "net/hosts.h"
#include "store/names.h"
#include "store/plan.h"
#include "store/store.h"

/* A container that names another one for its namespaces would lose it, or get another one. */
static int refuse_if_used(const struct store *s, const char *old, struct err *e)
{
	static const struct {
		const char *key, *what;
	} uses[] = {{"network", "network"}, {"pid", "PID namespace"}, {"ipc", "IPC namespace"}};
	own_strv struct strv ids = {0};

	if (store_list(s, "ps", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_container struct container c = CONTAINER_NONE;
		struct err ignored;

		snprintf(c.id, sizeof(c.id), "%s", ids.v[i]);
		if (container_config(s, &c, &ignored) < 0)
			continue;
		for (size_t k = 0; k < sizeof(uses) / sizeof(*uses); k++)
			if (str_equal(plan_container(record_get(&c.config, uses[k].key)), old))
				return err_set(e, "%s names its %s (--%s container:%s)", c.id,
					       uses[k].what, uses[k].key, old);
	}
	return 0;
}

/* Copies the record with another value of `name`, in its place or at the end. */
static void with_name(const struct record *from, const char *name, struct record *to)
{
	bool had = false;

	for (size_t i = 0; i < from->keys.n; i++) {
		bool is_name = strcmp(from->keys.v[i], "name") == 0;

		record_add(to, from->keys.v[i], is_name ? name : from->values.v[i]);
		had |= is_name;
	}
	if (!had)
		record_add(to, "name", name);
}

/* Renames it in the store. c: the container as it was before. */
static int rename_stored(const struct store *s, const char *ref, const char *name,
			 struct container *c, struct err *e)
{
	own_fd int lock = s->root < 0 ? -1 : lock_take(s->root, ".", e);
	own_record struct record config = {0};
	const char *old;
	struct err ignored;

	if (s->root >= 0 && lock < 0)
		return -1;
	if (container_open(s, ref, c, e) < 0)
		return -1;
	old = record_get(&c->config, "name");
	if (str_equal(old, name))
		return 0;
	if ((old && refuse_if_used(s, old, e) < 0) || name_take(s, "ps", name, c->id, e) < 0)
		return err_wrap(e, "%s", ref);
	with_name(&c->config, name, &config);
	if (record_keep(c->dir, "config", &config, e) < 0) {
		name_drop(s, "ps", name, c->id, &ignored);
		return err_wrap(e, "%s", ref);
	}
	return old ? name_drop(s, "ps", old, c->id, e) : 0;
}

/* The same for the containers on one network, and for the container's own hosts file. */
static int rename_on(const struct store *s, const struct rules_member *m, const char *id,
		     const char *old, const char *name, const char *names, const char *host,
		     struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	char address[INET_ADDRSTRLEN];

	if (network_open(s, m->network, &n, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	inet_ntop(AF_INET, &m->address, address, sizeof(address));
	own_str char *alone = str_fmt("%s\t%s\n", address, host),
		     *before = old ? str_fmt("%s\t%s %s\n", address, host, old) : NULL,
		     *after = str_fmt("%s\t%s %s\n", address, host, name);

	hosts_change(s, id, alone, false);
	if (before)
		hosts_change(s, id, before, false);
	hosts_change(s, id, after, true);
	return hosts_untell(s, &n, id, e) < 0 ? -1 : hosts_tell(s, &n, id, m->address, names, e);
}

/* Tells the networks of a running container. */
static int rename_online(const struct store *s, const struct container *c, const char *name,
			 struct err *e)
{
	const char *host = record_get(&c->config, "hostname"),
		   *old = record_get(&c->config, "name");
	own_fd int lock = network_lock(s, e);
	own_record struct record net = {0}, renamed = {0};
	own_strv struct strv aliases = {0};
	own_str char *names = NULL;
	struct rules_member m;

	if (lock < 0)
		return -1;
	record_get_list(&c->config, "network-alias", &aliases);
	names = endpoint_names(name, &aliases);
	if (endpoint_read(s, c->id, &net, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	for (size_t i = 0; i < net.keys.n; i++)
		if (strcmp(net.keys.v[i], "member") == 0 &&
		    rules_read_member(net.values.v[i], &m) &&
		    rename_on(s, &m, c->id, old, name, names, host ? host : c->id, e) < 0)
			return -1;
	with_name(&net, names, &renamed);
	return endpoint_write(s, c->id, &renamed, e);
}

int rename_container(const struct store *s, const char *ref, const char *name, struct err *e)
{
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (name_check_container(name, e) < 0 || rename_stored(s, ref, name, &c, e) < 0)
		return -1;
	if (!container_runs(s, &c, &st))
		return 0;
	return rename_online(s, &c, name, e) < 0 ? err_wrap(e, "%s", name) : 0;
}
