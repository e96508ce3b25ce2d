#include "store/plan.h"

#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/own.h"

enum field_type { TEXT, FLAG, NUMBER, LIST, NETWORK, USERS, STAGE_SET };

/* The fields of a plan that a record keeps: key, type and offset. */
static const struct field {
	const char *key;
	enum field_type type;
	size_t at;
} fields[] = {
	{"image", TEXT, offsetof(struct plan, image)},
	{"image-name", TEXT, offsetof(struct plan, image_name)},
	{"rootfs", TEXT, offsetof(struct plan, rootfs)},
	{"name", TEXT, offsetof(struct plan, name)},
	{"created", TEXT, offsetof(struct plan, created)},
	{"arg", LIST, offsetof(struct plan, args)},
	{"entrypoint", NUMBER, offsetof(struct plan, entrypoint)},
	{"env", LIST, offsetof(struct plan, env)},
	{"label", LIST, offsetof(struct plan, labels)},
	{"workdir", TEXT, offsetof(struct plan, workdir)},
	{"user", TEXT, offsetof(struct plan, user)},
	{"hostname", TEXT, offsetof(struct plan, hostname)},
	{"stopsignal", TEXT, offsetof(struct plan, stop_signal)},
	{"stoptimeout", TEXT, offsetof(struct plan, stop_timeout)},
	{"stdin", FLAG, offsetof(struct plan, open_input)},
	{"rm", FLAG, offsetof(struct plan, remove)},
	{"tty", FLAG, offsetof(struct plan, tty)},
	{"init", FLAG, offsetof(struct plan, init)},
	{"read-only", FLAG, offsetof(struct plan, read_only)},
	{"privileged", FLAG, offsetof(struct plan, privileged)},
	{"network", NETWORK, offsetof(struct plan, net)},
	{"more-network", LIST, offsetof(struct plan, more_networks)},
	{"network-alias", LIST, offsetof(struct plan, aliases)},
	{"ip", TEXT, offsetof(struct plan, ip)},
	{"dns-search", LIST, offsetof(struct plan, dns_search)},
	{"port", LIST, offsetof(struct plan, ports)},
	{"userns", USERS, offsetof(struct plan, users)},
	{"caps", NUMBER, offsetof(struct plan, caps)},
	{"image-volume", LIST, offsetof(struct plan, image_volumes)},
	{"volume", LIST, offsetof(struct plan, volumes)},
	{"tmpfs", LIST, offsetof(struct plan, tmpfs)},
	{"device", LIST, offsetof(struct plan, devices)},
	{"dns", LIST, offsetof(struct plan, dns)},
	{"host", LIST, offsetof(struct plan, hosts)},
	{"ulimit", LIST, offsetof(struct plan, ulimits)},
	{"sysctl", LIST, offsetof(struct plan, sysctls)},
	{"group", LIST, offsetof(struct plan, groups)},
	{"umask", TEXT, offsetof(struct plan, umask)},
	{"oom-score", TEXT, offsetof(struct plan, oom_score)},
	{"pid", TEXT, offsetof(struct plan, pid)},
	{"ipc", TEXT, offsetof(struct plan, ipc)},
	{"seccomp", TEXT, offsetof(struct plan, seccomp)},
	{"no-new-privs", FLAG, offsetof(struct plan, no_new_privs)},
	{"shm-size", NUMBER, offsetof(struct plan, shm_size)},
	{"memory", NUMBER, offsetof(struct plan, limits.memory)},
	{"memory-swap", NUMBER, offsetof(struct plan, limits.memory_swap)},
	{"cpus", NUMBER, offsetof(struct plan, limits.cpus)},
	{"cpu-shares", NUMBER, offsetof(struct plan, limits.cpu_shares)},
	{"cpuset-cpus", TEXT, offsetof(struct plan, limits.cpuset_cpus)},
	{"pids", NUMBER, offsetof(struct plan, limits.pids)},
	{"pids-default", FLAG, offsetof(struct plan, limits.pids_default)},
	{"disk", NUMBER, offsetof(struct plan, disk)},
	{"no-log", FLAG, offsetof(struct plan, no_log)},
	{"log-max", NUMBER, offsetof(struct plan, log_max)},
	{"stage", STAGE_SET, offsetof(struct plan, stages)},
};

enum { FIELDS = sizeof(fields) / sizeof(*fields) };

const char *const plan_stage_names[STAGES] = {
	"snapshot", "cgroup", "user", "net",  "uts",  "ipc",     "pid",  "cgns",
	"time",     "mnt",    "root", "proc", "caps", "seccomp", "exec",
};

static const char *const net_names[] = {
	[NET_NONE] = "none",
	[NET_EMPTY] = "empty",
	[NET_HOST] = "host",
	[NET_CONTAINER] = "container:",
};

static const char *const users_names[] = {
	[USERS_AUTO] = "auto",
	[USERS_HOST] = "host",
	[USERS_UNMAPPED] = "unmapped",
	[USERS_SHARED] = "container",
};

enum stage_id plan_stage_find(const char *name)
{
	enum stage_id i = 0;

	while (i < STAGES && !str_equal(plan_stage_names[i], name))
		i++;
	return i;
}

enum net_mode net_mode_read(const char *text, const char **name)
{
	*name = NULL;
	for (enum net_mode mode = NET_NONE; mode < NET_CONTAINER; mode++)
		if (!text || str_equal(text, net_names[mode]))
			return mode;
	*name = text;
	if (!str_starts(text, net_names[NET_CONTAINER]))
		return NET_NAMED;
	*name += strlen(net_names[NET_CONTAINER]);
	return NET_CONTAINER;
}

enum users_mode users_mode_read(const char *text)
{
	enum users_mode mode = USERS_AUTO;

	while (text && mode < USERS_MAP && !str_equal(text, users_names[mode]))
		mode++;
	return mode;
}

const char *plan_container(const char *value)
{
	const char *prefix = net_names[NET_CONTAINER];

	return value && str_starts(value, prefix) ? value + strlen(prefix) : NULL;
}

bool plan_is_host(const char *value)
{
	return str_equal(value, net_names[NET_HOST]);
}

bool plan_has_stage(const struct plan *p, enum stage_id stage)
{
	if ((stage == STAGE_PID && plan_is_host(p->pid)) ||
	    (stage == STAGE_IPC && plan_is_host(p->ipc)))
		return false;
	return p->stages ? p->stages & 1U << stage : stage != STAGE_TIME;
}

const char *plan_hostname(const struct plan *p, const char *id)
{
	static struct utsname host;

	if (!plan_has_stage(p, STAGE_UTS) && uname(&host) == 0)
		return host.nodename;
	return p->hostname ? p->hostname : id;
}

static void write_network(const struct plan *p, const char *key, struct record *into)
{
	own_str char *text = str_fmt("%s%s", p->net == NET_NAMED ? "" : net_names[p->net],
				     p->network ? p->network : "");

	record_add(into, key, text);
}

static void write_stages(uint32_t stages, const char *key, struct record *into)
{
	own_strv struct strv names = {0};

	for (unsigned i = 0; i < STAGES; i++)
		if (stages & 1U << i)
			strv_add(&names, plan_stage_names[i]);
	record_add_list(into, key, &names);
}

static void read_users(struct plan *p, const char *text)
{
	p->users = users_mode_read(text);
	p->user_map = p->users == USERS_MAP ? text : NULL;
}

static void read_stages(struct plan *p, const struct record *from, const char *key)
{
	own_strv struct strv names = {0};
	enum stage_id stage;

	record_get_list(from, key, &names);
	for (size_t i = 0; i < names.n; i++) {
		stage = plan_stage_find(names.v[i]);
		if (stage < STAGES)
			p->stages |= 1U << stage;
	}
}

void plan_free_lists(struct plan *p)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].type == LIST)
			strv_free((struct strv *)((char *)p + fields[i].at));
}

void plan_write(const struct plan *p, struct record *into)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const void *at = (const char *)p + fields[i].at;

		switch (fields[i].type) {
		case TEXT:
			record_add(into, fields[i].key, *(const char *const *)at);
			break;
		case FLAG:
			record_add(into, fields[i].key, *(const bool *)at ? "1" : NULL);
			break;
		case NUMBER:
			if (*(const uint64_t *)at)
				record_add_uint(into, fields[i].key, *(const uint64_t *)at);
			break;
		case LIST:
			record_add_list(into, fields[i].key, at);
			break;
		case NETWORK:
			write_network(p, fields[i].key, into);
			break;
		case USERS:
			record_add(into, fields[i].key,
				   p->users == USERS_MAP ? p->user_map : users_names[p->users]);
			break;
		case STAGE_SET:
			write_stages(p->stages, fields[i].key, into);
			break;
		}
	}
}

void plan_read(struct plan *p, const struct record *from)
{
	*p = (struct plan){0};
	for (size_t i = 0; i < FIELDS; i++) {
		void *at = (char *)p + fields[i].at;

		switch (fields[i].type) {
		case TEXT:
			*(const char **)at = record_get(from, fields[i].key);
			break;
		case FLAG:
			*(bool *)at = record_get(from, fields[i].key) != NULL;
			break;
		case NUMBER:
			*(uint64_t *)at = record_get_uint(from, fields[i].key);
			break;
		case LIST:
			record_get_list(from, fields[i].key, at);
			break;
		case NETWORK:
			p->net = net_mode_read(record_get(from, fields[i].key), &p->network);
			break;
		case USERS:
			read_users(p, record_get(from, fields[i].key));
			break;
		case STAGE_SET:
			read_stages(p, from, fields[i].key);
			break;
		}
	}
}
