#include "net/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/record.h"
#include "kernel/rtnl.h"
#include "kernel/slot.h"
#include "store/names.h"

/*
 * SET_MAX: the length of CT_BRIDGE. With "n", a network's number and an address's suffix it must
 * fit into an interface name.
 */
enum { SET_MAX = 9, LINK_MAX = 15, PREFIX_MIN = 8, PREFIX_MAX = 30 };

void network_close(struct network *n)
{
	shut_fd(&n->dir);
}

int network_lock(const struct store *s, struct err *e)
{
	for (;;) {
		own_fd int lock = -1;
		struct stat st;

		if (mkdirat(s->run, "net", 0700) < 0 && errno != EEXIST)
			return err_sys(e, "%s/net", s->run_path);
		lock = lock_take(s->run, "net", e);
		/* network_tidy may have removed the directory before the lock was taken. */
		if (lock < 0 && e->sys != ENOENT)
			return err_wrap(e, "%s", s->run_path);
		if (lock >= 0 && fstat(lock, &st) == 0 && st.st_nlink)
			return take_fd(&lock);
	}
}

void network_tidy(const struct store *s)
{
	struct err ignored;
	own_fd int lock = s->run < 0 ? -1 : lock_take(s->run, "net", &ignored);

	if (lock < 0)
		return;
	file_sweep(lock, ".");
	unlinkat(s->run, "net", AT_REMOVEDIR);
}

struct in_addr network_gateway(const struct network *n)
{
	return subnet_at(&n->subnet, 1);
}

/* Writes the interface name; false if it is too long. */
static bool link_name(const struct network *n, uint64_t number, char link[16])
{
	char text[48];
	bool fits = snprintf(text, sizeof(text), "%sv%llx", n->bridge,
			     (unsigned long long)number) <= LINK_MAX;

	strcpy(link, fits ? text : "");
	return fits;
}

void network_link(const struct network *n, struct in_addr address, char link[16])
{
	link_name(n, subnet_number(&n->subnet, address), link);
}

/* --- definitions --- */

static const char *from_env(const char *variable, const char *usual)
{
	const char *value = getenv(variable);

	return value && *value ? value : usual;
}

/* CT_BRIDGE becomes a part of the names of interfaces and nftables tables. */
static int find_set(struct network *n, struct err *e)
{
	const char *set = from_env("CT_BRIDGE", "ct0");
	size_t len = strlen(set);

	if (len > SET_MAX ||
	    strspn(set, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
		    len ||
	    !((set[0] | 0x20) >= 'a' && (set[0] | 0x20) <= 'z'))
		return err_set(
			e,
			"CT_BRIDGE: %.40s: not a name for a bridge (letters, digits, \"_\", \"-\", at most %d, "
			"a letter first)",
			set, SET_MAX);
	memcpy(n->set, set, len + 1);
	return 0;
}

int network_check_subnet(const struct network *n, struct err *e)
{
	unsigned first = ntohl(n->subnet.address.s_addr) >> 24;
	char text[SUBNET_TEXT], longest[16];

	subnet_text(&n->subnet, text);
	if (n->subnet.prefix < PREFIX_MIN || n->subnet.prefix > PREFIX_MAX || first == 0 ||
	    first == 127 || first >= 224)
		return err_set(e, "%s: not a subnet for hosts with a prefix of /%d to /%d", text,
			       PREFIX_MIN, PREFIX_MAX);
	if (!link_name(n, subnet_size(&n->subnet) - 1, longest))
		return err_set(
			e,
			"%s: too large for bridge %s: interface names would have more than %d characters",
			text, n->bridge, LINK_MAX);
	return 0;
}

static int find_default(struct network *n, struct err *e)
{
	if (subnet_read(from_env("CT_SUBNET", "10.142.0.0/16"), &n->subnet, e) < 0)
		return err_wrap(e, "CT_SUBNET");
	memcpy(n->bridge, n->set, sizeof(n->set));
	return network_check_subnet(n, e) < 0 ? err_wrap(e, "CT_SUBNET") : 0;
}

void network_name_bridge(struct network *n, unsigned number)
{
	snprintf(n->bridge, sizeof(n->bridge), "%.9sn%u", n->set, number % NETWORK_NUMBER_END);
}

static int no_such(const char *name, struct err *e)
{
	return err_code(e, ENOENT, "%.80s: no such network ('ct net ls' lists them)", name);
}

int network_find(const struct store *s, const char *name, struct network *n, struct err *e)
{
	own_record struct record r = {0};
	own_str char *path = str_fmt("networks/%s", name);
	struct err ignored;

	*n = (struct network)NETWORK_NONE;
	if (find_set(n, e) < 0)
		return -1;
	if (name_check_container(name, &ignored) < 0)
		return no_such(name, e);
	strcpy(n->name, name);
	if (strcmp(name, NETWORK_DEFAULT) == 0)
		return find_default(n, e);
	if (s->root < 0 || faccessat(s->root, path, F_OK, 0) < 0)
		return no_such(name, e);
	if (record_read(s->root, path, &r, e) < 0)
		return -1;
	network_name_bridge(n, (unsigned)record_get_uint(&r, "number"));
	n->internal = record_get_uint(&r, "internal");
	n->isolated = record_get_uint(&r, "isolated");
	if (subnet_read(record_get(&r, "subnet") ? record_get(&r, "subnet") : "", &n->subnet, e) <
		    0 ||
	    network_check_subnet(n, e) < 0)
		return err_wrap(e, "network %s", name);
	return 0;
}

static int add_entries(int dir, const char *name, struct strv *names, struct err *e)
{
	own_dir DIR *d = NULL;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t before = names->n;
	struct dirent *entry;
	struct err ignored;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "list %s", name);
	d = fdopendir(fd);
	while (d && (entry = readdir(d)))
		if (name_check_container(entry->d_name, &ignored) == 0)
			strv_add(names, entry->d_name);
	strv_sort(names, before);
	return 0;
}

int network_list(const struct store *s, struct strv *names, struct err *e)
{
	strv_add(names, NETWORK_DEFAULT);
	return s->root < 0 ? 0 : add_entries(s->root, "networks", names, e);
}

int network_list_up(const struct store *s, struct strv *names, struct err *e)
{
	return s->run < 0 ? 0 : add_entries(s->run, "net", names, e);
}

/* --- CT_RUN --- */

int network_open(const struct store *s, const char *name, struct network *n, struct err *e)
{
	own_str char *path = str_fmt("net/%s", name);
	own_record struct record r = {0};
	struct err ignored;
	const char *set, *bridge, *subnet;

	*n = (struct network)NETWORK_NONE;
	if (name_check_container(name, &ignored) < 0 || s->run < 0)
		return no_such(name, e);
	n->dir = openat(s->run, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (n->dir < 0)
		return err_sys(e, "%s/%s", s->run_path, path);
	if (record_read(n->dir, "network", &r, e) < 0) {
		network_close(n);
		return err_wrap(e, "%s/%s", s->run_path, path);
	}
	set = record_get(&r, "set");
	bridge = record_get(&r, "bridge");
	subnet = record_get(&r, "subnet");
	strcpy(n->name, name);
	n->internal = record_get_uint(&r, "internal");
	n->isolated = record_get_uint(&r, "isolated");
	if (set && strlen(set) < sizeof(n->set) && bridge && strlen(bridge) < sizeof(n->bridge) &&
	    subnet && subnet_read(subnet, &n->subnet, &ignored) == 0) {
		strcpy(n->set, set);
		strcpy(n->bridge, bridge);
		return 0;
	}
	network_close(n);
	return err_set(e, "%s/%s/network: damaged", s->run_path, path);
}

int network_record(const struct store *s, struct network *n, struct err *e)
{
	own_str char *path = str_fmt("net/%s", n->name);
	own_record struct record r = {0};
	char subnet[SUBNET_TEXT];

	subnet_text(&n->subnet, subnet);
	record_add(&r, "set", n->set);
	record_add(&r, "bridge", n->bridge);
	record_add(&r, "subnet", subnet);
	record_add_uint(&r, "internal", n->internal);
	record_add_uint(&r, "isolated", n->isolated);
	network_close(n);
	if (mkdirat(s->run, path, 0700) == 0 || errno == EEXIST)
		n->dir = openat(s->run, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (n->dir < 0)
		return err_sys(e, "%s/%s", s->run_path, path);
	return record_write(n->dir, "network", &r, e) < 0 ? err_wrap(e, "%s/%s", s->run_path, path)
							  : 0;
}

int network_unrecord(const struct store *s, const char *name, struct err *e)
{
	own_str char *path = str_fmt("net/%s", name);
	own_dir DIR *d = NULL;
	int fd = openat(s->run, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s/%s", s->run_path, path);
	d = fdopendir(fd);
	/* The record is removed last: while it exists, a later command can finish the removal. */
	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, "network") != 0)
			unlinkat(fd, entry->d_name, 0);
	unlinkat(fd, "network", 0);
	return unlinkat(s->run, path, AT_REMOVEDIR) < 0 ? err_sys(e, "%s/%s", s->run_path, path)
							: 0;
}

int network_members(const struct store *s, const struct network *n, struct strv *ids, struct err *e)
{
	own_dir DIR *d = NULL;
	int fd = openat(n->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	char holder[64];

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_sys(e, "network %s", n->name);
	while ((entry = readdir(d)))
		if (slot_holder(s->run, n->dir, entry->d_name, holder) && !strv_has(ids, holder))
			strv_add(ids, holder);
	return 0;
}
