#include "net/ipforward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "base/shell.h"
#include "kernel/nft.h"
#include "kernel/rtnl.h"
#include "net/rules.h"

/* The record: a line link=NAME for each interface, and host=1 if the whole host was forwarding
 * already. */
static const char note[] = ".forwarding"; /* not a valid name of a network */
enum { HOST = -1 };

static int put(struct netlink *rtnl, const char *link, const char *value, struct err *e)
{
	own_str char *name = str_fmt("net/ipv4/conf/%s/forwarding", link);

	return rtnl_sysctl(rtnl, name, value, e);
}

static int read_note(int dir, struct record *r, struct err *e)
{
	return record_read(dir, note, r, e) < 0 && e->sys != ENOENT ? -1 : 0;
}

/* Whether another program enabled forwarding for the whole host after ct enabled it for interfaces.
 */
static bool is_overtaken(struct netlink *rtnl, const struct record *r)
{
	return r->keys.n && !record_get(r, "host") && rtnl_forwards(rtnl, HOST);
}

bool ipforward_ready(int dir, struct netlink *rtnl)
{
	/* Any distant address finds the default route (192.5.5.241 is f.root-servers.net). Nothing
	 * is sent to it. */
	unsigned link = rtnl_link_to(rtnl, (struct in_addr){.s_addr = htonl(0xc00505f1)});
	own_record struct record r = {0};
	struct err ignored;

	if (link && !rtnl_forwards(rtnl, (int)link))
		return false;
	return !rtnl_forwards(rtnl, HOST) || record_read(dir, note, &r, &ignored) < 0 ||
		record_get(&r, "host");
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
	l->v = mem_grow_one(l->v, l->n, sizeof(*l->v));
	l->v[l->n++] = route->link;
	return 0;
}

/* Adds the names of the interfaces to which routes lead and which do not forward. */
static int find_closed(struct netlink *rtnl, const struct strv *ours, struct strv *closed,
		       struct err *e)
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
		/* An interface whose name a rule cannot contain would forward without restriction.
		 * */
		if (got > 0 && strcmp(l.name, "lo") != 0 && !strv_has(ours, l.name) &&
		    !strpbrk(l.name, "\"*\\"))
			strv_add(closed, l.name);
		got = got < 0 ? -1 : 0;
	}
	return got;
}

/* The interfaces that other sets of networks enabled (RULES_OPENED) or still need (RULES_CLAIMED).
 * */
static int list_others(const char *set, const char *which, struct strv *links, struct err *e)
{
	own_str char *table = str_fmt(RULES_TABLES, set);

	return nft_links(RULES_PREFIX, table, which, links, e);
}

int ipforward_plan(int dir, struct netlink *rtnl, const char *set, const struct strv *ours,
		   struct strv *opened, struct err *e)
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
	if (!rtnl_forwards(rtnl, HOST) && list_others(set, RULES_OPENED, &closed, e) < 0)
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

int ipforward_open(struct netlink *rtnl, const struct strv *opened, struct err *e)
{
	for (size_t i = 0; i < opened->n; i++)
		if (put(rtnl, opened->v[i], "1", e) < 0 && e->sys != ENOENT)
			return err_wrap(e, "forward packets from link %s", opened->v[i]);
	return 0;
}

static int close_links(struct netlink *rtnl, const struct strv *links, const struct strv *claimed,
		       struct err *e)
{
	for (size_t i = 0; i < links->n; i++)
		if (!strv_has(claimed, links->v[i]) && put(rtnl, links->v[i], "0", e) < 0 &&
		    e->sys != ENOENT)
			return err_wrap(e, "forward no more packets from link %s", links->v[i]);
	return 0;
}

void ipforward_shell(const char *set, struct buf *open, struct buf *close)
{
	own_buf struct buf commands = {0}, enable = {0}, disable = {0};
	own_netlink struct netlink *to_enable = netlink_text(&enable),
				   *to_disable = netlink_text(&disable);
	own_strv struct strv link = {0};
	const struct strv none = {0};
	struct err ignored;

	/* The same routes as in find_closed. */
	buf_str(open,
		"routes='ip -4 route show table all type unicast'\n"
		"for link in $($routes | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | sort -u); do\n"
		"	[ \"$(sysctl -n \"net/ipv4/conf/$link/forwarding\")\" = 0 ] || continue\n"
		"	[ \"$link\" != lo ] || continue\n"
		"	opened=\"$opened $link\"\n");
	strv_add(&link, "$link");
	rules_opened(&commands, set, *link.v);
	nftrun_script(commands.data, &enable);
	ipforward_open(to_enable, &link, &ignored);
	shell_indent(open, enable.data);
	buf_str(open, "done\n");
	close_links(to_disable, &link, &none, &ignored);
	buf_str(close, "for link in $opened; do\n");
	shell_indent(close, disable.data);
	buf_str(close, "done\n");
}

static int give_up_claim(const char *set, struct err *e)
{
	own_str char *command = str_fmt("flush set inet " RULES_TABLES " " RULES_CLAIMED, set);

	return nftrun("packet filter", command, e) < 0 && e->sys != ENOENT ? -1 : 0;
}

/*
 * Disables forwarding on interfaces that no other set claims, and enables it again where another
 * set claimed one meanwhile.
 */
static int let_go(struct netlink *rtnl, const char *set, const struct strv *links, struct err *e)
{
	own_strv struct strv claimed = {0}, late = {0}, again = {0};

	if (give_up_claim(set, e) < 0 || list_others(set, RULES_CLAIMED, &claimed, e) < 0 ||
	    close_links(rtnl, links, &claimed, e) < 0 ||
	    list_others(set, RULES_CLAIMED, &late, e) < 0)
		return -1;
	for (size_t i = 0; i < late.n; i++)
		if (strv_has(links, late.v[i]) && !strv_has(&claimed, late.v[i]))
			strv_add(&again, late.v[i]);
	return ipforward_open(rtnl, &again, e);
}

int ipforward_restore(int dir, struct netlink *rtnl, const char *set, struct err *e)
{
	own_record struct record r = {0};
	own_strv struct strv links = {0};

	if (read_note(dir, &r, e) < 0)
		return -1;
	if (!is_overtaken(rtnl, &r))
		record_get_list(&r, "link", &links);
	if (links.n && let_go(rtnl, set, &links, e) < 0)
		return -1;
	unlinkat(dir, note, 0);
	return 0;
}
