#include "net/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "kernel/hostslot.h"
#include "kernel/idmap.h"
#include "kernel/rtnl.h"
#include "kernel/slot.h"
#include "net/hosts.h"
#include "net/nftset.h"

/* --- addresses --- */

enum { FIRST_NUMBER = 2 }; /* number 1 is the gateway */

/*
 * The search for a free address begins at the container's number. So the first container gets the
 * first address, a restarted container gets its old address, and an address is not reused soon.
 */
static uint64_t first_try(const char *id, uint64_t count)
{
	uint64_t number = strtoull(strrchr(id, '_') + 1, NULL, 10);

	return number >= ID_FIRST ? (number - ID_FIRST) % count : 0;
}

void endpoint_describe(const struct network *n, struct in_addr address, const char *inside,
		       struct endpoint *m)
{
	*m = (struct endpoint){.at.address = address,
			       .address = {address, n->subnet.prefix},
			       .gateway = network_gateway(n),
			       .bridge = n->index,
			       .isolated = n->isolated};
	if (n->internal)
		m->gateway.s_addr = 0;
	memcpy(m->bridge_name, n->bridge, sizeof(m->bridge_name));
	memcpy(m->at.network, n->name, sizeof(m->at.network));
	network_link(n, address, m->at.link);
	snprintf(m->at.inside, sizeof(m->at.inside), "%s", inside);
}

int endpoint_choose(const struct store *s, const struct network *n, const char *id,
		    const char *inside, struct endpoint *m, struct err *e)
{
	uint64_t count = subnet_size(&n->subnet) - 1 - FIRST_NUMBER, first = first_try(id, count);
	char text[INET_ADDRSTRLEN], holder[64], subnet[SUBNET_TEXT];
	struct in_addr address;

	for (uint64_t i = 0; i < count; i++) {
		address = subnet_at(&n->subnet, FIRST_NUMBER + (first + i) % count);
		inet_ntop(AF_INET, &address, text, sizeof(text));
		if (slot_holder(s->run, n->dir, text, holder))
			continue;
		endpoint_describe(n, address, inside, m);
		return 0;
	}
	subnet_text(&n->subnet, subnet);
	return err_code(e, EADDRNOTAVAIL, "network %s: no free address in %s", n->name, subnet);
}

int endpoint_choose_at(const struct store *s, const struct network *n, const char *id,
		       const char *inside, struct in_addr address, struct endpoint *m,
		       struct err *e)
{
	char text[INET_ADDRSTRLEN], holder[64], subnet[SUBNET_TEXT];
	uint64_t number = 0, end = subnet_size(&n->subnet) - 1;

	inet_ntop(AF_INET, &address, text, sizeof(text));
	subnet_text(&n->subnet, subnet);
	if (ntohl(address.s_addr) >= ntohl(n->subnet.address.s_addr))
		number = ntohl(address.s_addr) - ntohl(n->subnet.address.s_addr);
	if (number < FIRST_NUMBER || number >= end)
		return err_set(e, "%s: not an address for a container of network %s (%s)", text,
			       n->name, subnet);
	if (slot_holder(s->run, n->dir, text, holder) && strcmp(holder, id) != 0)
		return err_code(e, EADDRNOTAVAIL, "%s: is the address of %s", text, holder);
	endpoint_describe(n, address, inside, m);
	return 0;
}

char *endpoint_names(const char *name, const struct strv *aliases)
{
	own_buf struct buf names = {0};

	if (name)
		buf_str(&names, name);
	for (size_t i = 0; i < aliases->n; i++)
		buf_fmt(&names, "%s%s", names.len ? " " : "", aliases->v[i]);
	return take_ptr(&names.data);
}

static int lease(const struct store *s, const struct network *n, const char *id,
		 const struct endpoint *m, struct err *e)
{
	char text[INET_ADDRSTRLEN];
	int got;

	inet_ntop(AF_INET, &m->at.address, text, sizeof(text));
	got = slot_take(s->run, n->dir, text, id, e);
	return got == 0 ? err_set(e, "network %s: %s is taken", n->name, text) : got < 0 ? -1 : 0;
}

int endpoint_record(const struct store *s, const struct network *n, const char *id,
		    const struct record *net, const struct endpoint *m, struct err *e)
{
	const char *name = record_get(net, "name");

	if (endpoint_write(s, id, net, e) < 0 || lease(s, n, id, m, e) < 0)
		return -1;
	/* If there are no tables, the next bridge_up adds the elements from the record. */
	if (nftset_change(NULL, n->set, NFT_ADD, net, e) < 0 && e->sys != ENOENT)
		return -1;
	return name ? hosts_tell(s, n, id, m->at.address, name, e) : 0;
}

/* --- links --- */

int endpoint_pair(struct netlink *rtnl, const struct endpoint *m, const char *id, int netns,
		  const char *name, struct err *e)
{
	own_str char *altname = id ? str_fmt("veth0_%s", id) : NULL;
	struct rtnl_pair pair = {.name = m->at.link,
				 .altname = altname,
				 .bridge = m->bridge,
				 .bridge_name = m->bridge_name,
				 .isolated = m->isolated,
				 .peer = m->at.inside,
				 .peer_netns = netns,
				 .peer_netns_name = name};

	subnet_mac(m->at.address, pair.peer_mac);
	if (rtnl_pair(rtnl, &pair, e) == 0)
		return 0;
	/* This container has the lease, so the existing interface is of an earlier container with
	 * the same address, whose network namespace another process still uses. */
	if (e->sys == EEXIST && rtnl_delete(rtnl, m->at.link, e) == 0 &&
	    rtnl_pair(rtnl, &pair, e) == 0)
		return 0;
	return e->sys == EXFULL
		? err_set(e, "network %s: its bridge has no free port (the limit is 1,023)",
			  m->at.network)
		: err_wrap(e, "network %s", m->at.network);
}

int endpoint_configure(struct netlink *inside, const struct endpoint *m, const char *id,
		       struct err *e)
{
	own_str char *altname = id ? str_fmt("veth1_%s", id) : NULL;

	return rtnl_configure(inside, m->at.inside, altname, &m->address, m->gateway, e);
}

/* --- records, and release --- */

int endpoint_read(const struct store *s, const char *id, struct record *net, struct err *e)
{
	own_str char *path = str_fmt("%s/net", id);

	if (s->run < 0)
		return err_code(e, ENOENT, "%s: not there", s->run_path);
	return record_read(s->run, path, net, e);
}

int endpoint_write(const struct store *s, const char *id, const struct record *net, struct err *e)
{
	own_str char *path = str_fmt("%s/net", id);

	if (record_get(net, "member"))
		return record_write(s->run, path, net, e) < 0 ? err_wrap(e, "%s", s->run_path) : 0;
	return unlinkat(s->run, path, 0) < 0 && errno != ENOENT
		? err_sys(e, "%s/%s", s->run_path, path)
		: 0;
}

/* Releases the name and the lease of one endpoint. */
static int leave(const struct store *s, const char *id, const struct rules_member *m, struct err *e)
{
	own_network struct network n = NETWORK_NONE;
	char text[INET_ADDRSTRLEN];

	if (network_open(s, m->network, &n, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	if (hosts_untell(s, &n, id, e) < 0)
		return -1;
	inet_ntop(AF_INET, &m->address, text, sizeof(text));
	slot_release(n.dir, text, id);
	return 0;
}

int endpoint_let_go(const struct store *s, const char *id, const struct record *gone,
		    const char *set, struct err *e)
{
	struct rules_member m;

	if (set && nftset_change(NULL, set, NFT_DELETE, gone, e) < 0)
		return -1;
	for (size_t i = 0; i < gone->keys.n; i++)
		if (strcmp(gone->keys.v[i], "member") == 0 &&
		    rules_read_member(gone->values.v[i], &m) && leave(s, id, &m, e) < 0)
			return -1;
	return 0;
}

/* CT_RUN/ps_A/shared-ps_B and CT_RUN/ps_B/shares -> ps_A */
int endpoint_share(const struct store *s, const char *with, const char *id, struct err *e)
{
	own_str char *mark = str_fmt("%s/" IDMAP_SHARED "%s", with, id),
		     *back = str_fmt("%s/shares", id);

	return symlinkat(with, s->run, back) < 0 || symlinkat(id, s->run, mark) < 0
		? err_sys(e, "share with %s", with)
		: 0;
}

static void unshare_from(const struct store *s, const char *id)
{
	own_str char *back = str_fmt("%s/shares", id), *mark = NULL;
	char with[64];
	ssize_t n = readlinkat(s->run, back, with, sizeof(with) - 1);

	if (n <= 0)
		return;
	with[n] = '\0';
	mark = str_fmt("%s/" IDMAP_SHARED "%s", with, id);
	unlinkat(s->run, mark, 0);
}

static bool is_shared(const struct store *s, const char *id)
{
	own_dir DIR *d = NULL;
	int fd = openat(s->run, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	char who[64];

	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && (entry = readdir(d)))
		if (str_starts(entry->d_name, IDMAP_SHARED) &&
		    slot_holder(s->run, fd, entry->d_name, who))
			return true;
	return false;
}

static int delete_links(const struct record *net, struct err *e)
{
	own_netlink struct netlink *rtnl = rtnl_open(-1, e);
	struct rules_member m;
	int failed = rtnl ? 0 : -1;

	for (size_t i = 0; !failed && i < net->keys.n; i++)
		if (strcmp(net->keys.v[i], "member") == 0 &&
		    rules_read_member(net->values.v[i], &m))
			failed = rtnl_delete(rtnl, m.link, e);
	return failed;
}

int endpoint_clean(const struct store *s, const char *id, struct err *e)
{
	own_record struct record net = {0};
	own_str char *path = str_fmt("%s/net", id);
	own_fd int lock = -1;

	if (s->run < 0)
		return 0;
	unshare_from(s, id);
	if (faccessat(s->run, path, F_OK, 0) < 0)
		return 0;
	lock = network_lock(s, e);
	if (lock < 0)
		return -1;
	/* Another process may have cleaned up meanwhile. */
	if (endpoint_read(s, id, &net, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	/* Without the elements, a container that shares the namespace could send with any address.
	 * */
	if (is_shared(s, id) && delete_links(&net, e) < 0)
		return -1;
	if (endpoint_let_go(s, id, &net, record_get(&net, "set"), e) < 0)
		return -1;
	return unlinkat(s->run, path, 0) < 0 ? err_sys(e, "%s/%s", s->run_path, path) : 0;
}

/* --- for ip netns --- */

#define SHOWN "/run/netns"

char *endpoint_netns(const struct store *s, const char *id)
{
	unsigned set = hostslot_set(s->run);

	return set ? str_fmt("%s-%08x", id, set) : str_dup(id);
}

/* The link leads through CT_RUN/ps_N/netns, which tells to which CT_RUN it belongs. */
static char *way(const struct store *s, const char *id)
{
	return str_fmt("%s/%s/netns", s->run_path, id);
}

static char *shown_at(const struct store *s, const char *id)
{
	own_str char *name = endpoint_netns(s, id);

	return str_fmt(SHOWN "/%s", name);
}

static int hide(const char *shown, const char *through, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlink(shown, to, sizeof(to) - 1);

	if (n <= 0)
		return 0;
	to[n] = '\0';
	if (strcmp(to, through) == 0 && unlink(shown) < 0 && errno != ENOENT)
		return err_sys(e, "%s", shown);
	return 0;
}

void endpoint_show(const struct store *s, const char *id, pid_t pid)
{
	own_str char *through = way(s, id), *shown = shown_at(s, id),
		     *to = str_fmt("/proc/%d/ns/net", (int)pid);

	if (symlink(to, through) < 0)
		return;
	mkdir(SHOWN, 0755);
	if (explained(symlink(through, shown), "symlink(\"%s\", \"%s\")", through, shown) < 0)
		unlink(through);
}

int endpoint_hide(const struct store *s, const char *id, struct err *e)
{
	own_str char *through = way(s, id), *shown = shown_at(s, id),
		     *earlier = str_fmt(SHOWN "/%s", id);

	if (hide(shown, through, e) < 0)
		return -1;
	/* Version 0.1 gave the links of all sets this name. */
	return hostslot_set(s->run) ? hide(earlier, through, e) : 0;
}
