#include "etc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "fd.h"
#include "own.h"
#include "plan.h"
#include "str.h"

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

	if (!colon || colon == text || strcspn(text, " \t\n#") < strlen(text) || !is_address(colon + 1))
		return err_set(e, "%s: not HOST:ADDRESS", text);
	return 0;
}

int etc_check_dns(const char *text, struct err *e)
{
	return is_address(text) ? 0 : err_set(e, "%s: not an address", text);
}

static void make_hosts(const struct plan *plan, const char *hostname, struct buf *out)
{
	struct err ignored;

	/* In the host's network the host's own names are true. */
	if (str_equal(plan->network, "host"))
		file_read(AT_FDCWD, "/etc/hosts", HOST_FILE_MAX, out, &ignored);
	else
		buf_str(out, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n");
	buf_fmt(out, "127.0.1.1\t%s\n", hostname);
	for (size_t i = 0; i < plan->hosts.n; i++) {
		const char *colon = strchr(plan->hosts.v[i], ':');

		buf_fmt(out, "%s\t%.*s\n", colon + 1, (int)(colon - plan->hosts.v[i]), plan->hosts.v[i]);
	}
}

/* The host's resolvers, but for those on its loopback, which is not the container's. */
static void take_over_resolvers(bool same_loopback, struct buf *out)
{
	own_buf struct buf text = {0};
	struct err ignored;
	char *rest, *line;

	if (file_read(AT_FDCWD, "/etc/resolv.conf", HOST_FILE_MAX, &text, &ignored) < 0)
		return;
	for (rest = text.data; (line = strsep(&rest, "\n"));) {
		const char *p = line + strspn(line, " \t");

		if (!same_loopback && str_starts(p, "nameserver") &&
		    (strstr(p, " 127.") || strstr(p, "\t127.") || strstr(p, " ::1")))
			continue;
		if (*p)
			buf_fmt(out, "%s\n", line);
	}
}

static void make_resolv_conf(const struct plan *plan, struct buf *out)
{
	buf_str(out, "");
	for (size_t i = 0; i < plan->dns.n; i++)
		buf_fmt(out, "nameserver %s\n", plan->dns.v[i]);
	if (!plan->dns.n)
		take_over_resolvers(str_equal(plan->network, "host"), out);
}

static int write_one(int dir, const char *name, const struct buf *text, uid_t owner, struct err *e)
{
	if (file_write(dir, name, 0644, text->data, text->len, e) < 0)
		return -1;
	if (fchownat(dir, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "owner of %s", name);
	return fchmodat(dir, name, 0644, 0) < 0 ? err_sys(e, "mode of %s", name) : 0;
}

int etc_write(int dir, const struct plan *plan, const char *hostname, uid_t owner, struct err *e)
{
	own_buf struct buf hosts = {0}, name = {0}, resolv = {0};

	make_hosts(plan, hostname, &hosts);
	buf_fmt(&name, "%s\n", hostname);
	make_resolv_conf(plan, &resolv);
	if (write_one(dir, "hosts", &hosts, owner, e) < 0 || write_one(dir, "hostname", &name, owner, e) < 0)
		return -1;
	return write_one(dir, "resolv.conf", &resolv, owner, e);
}
