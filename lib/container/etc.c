#include "container/etc.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "store/plan.h"

enum { HOST_FILE_MAX = 1 << 20 };

const char *const etc_files[] = {"hosts", "hostname", "resolv.conf", NULL};

static bool is_address(const char *s)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

int etc_check_host(const char *text, struct err *e)
{
	const char *colon = strchr(text, ':');
	bool word = true;

	for (const char *c = text; *c; c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c) || strchr("#;", *c))
			word = false;
	if (!colon || colon == text || !word ||
	    (!is_address(colon + 1) && !str_equal(colon + 1, "host-gateway")))
		return err_set(e, "%s: not HOST:ADDRESS", text);
	return 0;
}

int etc_check_dns(const char *text, struct err *e)
{
	return is_address(text) ? 0 : err_set(e, "%s: not an address", text);
}

static void make_hosts(const struct plan *plan, const char *hostname,
		       const struct etc_addresses *at, struct buf *out)
{
	struct err ignored;

	/* On the host's network, the host's own names are valid. */
	if (plan->net == NET_HOST)
		file_read(AT_FDCWD, "/etc/hosts", HOST_FILE_MAX, out, &ignored);
	else
		buf_str(out, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n");
	buf_fmt(out, "%s\t%s", at->own ? at->own : "127.0.1.1", hostname);
	buf_fmt(out, plan->name && strcmp(plan->name, hostname) != 0 ? " %s\n" : "\n", plan->name);
	for (size_t i = 0; i < plan->hosts.n; i++) {
		const char *colon = strchr(plan->hosts.v[i], ':');

		buf_fmt(out, "%s\t%.*s\n",
			!str_equal(colon + 1, "host-gateway") ? colon + 1
				: at->gateway                 ? at->gateway
							      : "127.0.0.1",
			(int)(colon - plan->hosts.v[i]), plan->hosts.v[i]);
	}
}

/* Whether a container can reach the resolver: its network has only IPv4, and its loopback is not
 * the host's. */
static bool is_reached(const char *address)
{
	own_str char *text = str_dup_n(address, strcspn(address, " \t"));
	struct in_addr a;

	return inet_pton(AF_INET, text, &a) == 1 && ntohl(a.s_addr) >> 24 != 127;
}

/*
 * Copies search and options from a resolv.conf of the host, and with `servers` the servers that the
 * container can reach (all: every server), without `searches` no search. False: it can reach none.
 */
static bool take_over_resolvers(const char *file, bool all, bool servers, bool searches,
				struct buf *out)
{
	own_buf struct buf text = {0};
	struct err ignored;
	char *rest, *line;
	bool some = false;

	buf_str(out, "");
	if (file_read(AT_FDCWD, file, HOST_FILE_MAX, &text, &ignored) < 0)
		return false;
	for (rest = text.data; (line = strsep(&rest, "\n"));) {
		const char *p = line + strspn(line, " \t"), *word = p + strcspn(p, " \t");
		bool server = str_starts(p, "nameserver"),
		     reached = server && (all || is_reached(word + strspn(word, " \t")));

		some |= reached;
		if (*p && (!server || (servers && reached)) &&
		    (searches || !(str_starts(p, "search") || str_starts(p, "domain"))))
			buf_fmt(out, "%s\n", line);
	}
	return some;
}

/* --dns replaces the servers; the host's search and options stay, as in podman and docker. */
static void make_resolv_conf(const struct plan *plan, struct buf *out)
{
	bool servers = !plan->dns.n, searches = !plan->dns_search.n;
	own_buf struct buf usual = {0}, real = {0};

	buf_str(out, "");
	for (size_t i = 0; i < plan->dns.n; i++)
		buf_fmt(out, "nameserver %s\n", plan->dns.v[i]);
	if (!searches && !str_equal(plan->dns_search.v[0], ".")) {
		own_str char *domains = strv_join(&plan->dns_search, " ");

		buf_fmt(out, "search %s\n", domains);
	}
	/* A resolver on loopback may be systemd-resolved, which has a list of the upstream servers.
	 */
	if (!take_over_resolvers("/etc/resolv.conf", plan->net == NET_HOST, servers, searches,
				 &usual) &&
	    take_over_resolvers("/run/systemd/resolve/resolv.conf", false, servers, searches,
				&real))
		buf_str(out, real.data);
	else
		buf_str(out, usual.data);
}

void etc_text(const char *name, const struct plan *plan, const char *hostname,
	      const struct etc_addresses *at, struct buf *out)
{
	if (str_equal(name, "hosts"))
		make_hosts(plan, hostname, at, out);
	else if (str_equal(name, "resolv.conf"))
		make_resolv_conf(plan, out);
	else
		buf_fmt(out, "%s\n", hostname);
}

int etc_put(int dir, const char *name, const struct buf *text, uid_t owner, struct err *e)
{
	if (file_write(dir, name, 0644, text->data, text->len, e) < 0)
		return -1;
	if (explain_fd >= 0)
		explain_result((long)text->len, "write(\"%s\", ..., %zu)", name, text->len);
	if (explained(fchownat(dir, name, owner, owner, AT_SYMLINK_NOFOLLOW),
		      "fchownat(%d, \"%s\", %u, %u, AT_SYMLINK_NOFOLLOW)", dir, name, owner,
		      owner) < 0)
		return err_sys(e, "owner of %s", name);
	return explained(fchmodat(dir, name, 0644, 0), "fchmodat(%d, \"%s\", 0644)", dir, name) < 0
		? err_sys(e, "mode of %s", name)
		: 0;
}

int etc_write_hosts(int dir, const struct plan *plan, const char *hostname,
		    const struct etc_addresses *at, const char *others, uid_t owner, struct err *e)
{
	own_buf struct buf hosts = {0};

	make_hosts(plan, hostname, at, &hosts);
	buf_str(&hosts, others);
	return etc_put(dir, "hosts", &hosts, owner, e);
}

int etc_write(int dir, const struct plan *plan, const char *hostname, uid_t owner, struct err *e)
{
	own_buf struct buf name = {0}, resolv = {0};
	static const struct etc_addresses none;

	buf_fmt(&name, "%s\n", hostname);
	make_resolv_conf(plan, &resolv);
	if (faccessat(dir, "hosts", F_OK, 0) < 0 &&
	    etc_write_hosts(dir, plan, hostname, &none, "", owner, e) < 0)
		return -1;
	if (etc_put(dir, "hostname", &name, owner, e) < 0)
		return -1;
	return faccessat(dir, "resolv.conf", F_OK, 0) == 0
		? 0
		: etc_put(dir, "resolv.conf", &resolv, owner, e);
}
