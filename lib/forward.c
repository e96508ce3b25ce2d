#include "forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "explain.h"
#include "fd.h"
#include "own.h"
#include "record.h"
#include "rtnl.h"

/*
 * The record: a line link=NAME for each, and host=1 if the host as a whole forwarded by then.
 */
static const char note[] = ".forwarding";	/* no name of a network */
enum { HOST = -1 };

static int put(const char *link, const char *value, struct err *e)
{
	own_str char *path = str_fmt("/proc/sys/net/ipv4/conf/%s/forwarding", link);

	if (file_put(AT_FDCWD, path, value, e) < 0)
		return -1;
	explain_shell("sysctl -w 'net/ipv4/conf/%s/forwarding=%s'", link, value);
	return 0;
}

bool forward_ready(struct netlink *rtnl)
{
	/* Any address that is far away; nothing is sent to it. (192.5.5.241 is f.root-servers.net.) */
	unsigned link = rtnl_link_to(rtnl, (struct in_addr){.s_addr = htonl(0xc00505f1)});

	return !link || rtnl_forwards(rtnl, (int)link);
}

static int read_note(int dir, struct record *r, struct err *e)
{
	return record_read(dir, note, r, e) < 0 && e->sys != ENOENT ? -1 : 0;
}

/* Whether all forwarding was switched on by somebody after we had switched on some. */
static bool is_overtaken(struct netlink *rtnl, const struct record *r)
{
	return r->keys.n && !record_get(r, "host") && rtnl_forwards(rtnl, HOST);
}

struct links {
	unsigned *v;
	size_t n;
};

static int add_link(const struct rtnl_route *route, void *arg)
{
	struct links *l = arg;

	if (route->local || !route->link)
		return 0;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == route->link)
			return 0;
	l->v = mem_grow(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = route->link;
	return 0;
}

/* Adds the names of the links that routes lead to and that do not forward. */
static int find_closed(struct netlink *rtnl, const struct strv *ours, struct strv *closed, struct err *e)
{
	struct links links = {0};
	own_str unsigned *owned = NULL;
	struct rtnl_link l;
	int got;

	got = rtnl_routes(rtnl, add_link, &links, e);
	owned = links.v;
	for (size_t i = 0; got == 0 && i < links.n; i++) {
		if (rtnl_forwards(rtnl, (int)links.v[i]))
			continue;
		got = rtnl_find_index(rtnl, links.v[i], &l, e);
		/* One whose name no rule can hold would forward without limits. */
		if (got > 0 && strcmp(l.name, "lo") != 0 && !strv_has(ours, l.name) && !strpbrk(l.name, "\"*\\"))
			strv_add(closed, l.name);
		got = got < 0 ? -1 : 0;
	}
	return got;
}

int forward_plan(int dir, struct netlink *rtnl, const struct strv *ours, struct strv *opened, struct err *e)
{
	own_record struct record r = {0};
	own_strv struct strv closed = {0};

	if (read_note(dir, &r, e) < 0)
		return -1;
	if (is_overtaken(rtnl, &r)) {
		unlinkat(dir, note, 0);
		record_free(&r);
		r = (struct record){0};
	}
	if (find_closed(rtnl, ours, &closed, e) < 0)
		return -1;
	record_get_list(&r, "link", opened);
	if (closed.n && !r.keys.n && rtnl_forwards(rtnl, HOST))
		record_add(&r, "host", "1");
	for (size_t i = 0; i < closed.n; i++)
		if (!strv_has(opened, closed.v[i])) {
			strv_add(opened, closed.v[i]);
			record_add(&r, "link", closed.v[i]);
		}
	return closed.n ? record_write(dir, note, &r, e) : 0;
}

int forward_open(const struct strv *opened, struct err *e)
{
	for (size_t i = 0; i < opened->n; i++)
		if (put(opened->v[i], "1", e) < 0 && e->sys != ENOENT)
			return err_wrap(e, "forward packets from link %s", opened->v[i]);
	return 0;
}

int forward_restore(int dir, struct netlink *rtnl, struct err *e)
{
	own_record struct record r = {0};
	own_strv struct strv links = {0};

	if (read_note(dir, &r, e) < 0)
		return -1;
	if (!is_overtaken(rtnl, &r))
		record_get_list(&r, "link", &links);
	for (size_t i = 0; i < links.n; i++)
		if (put(links.v[i], "0", e) < 0 && e->sys != ENOENT)
			return err_wrap(e, "forward no more packets from link %s", links.v[i]);
	unlinkat(dir, note, 0);
	return 0;
}
