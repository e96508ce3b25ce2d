#include "plan.h"

#include <stddef.h>

enum field_type { TEXT, FLAG, NUMBER, LIST };

/* The one list of what is kept of a plan: its key, its form and its place. */
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
	{"tty", FLAG, offsetof(struct plan, tty)},
	{"init", FLAG, offsetof(struct plan, init)},
	{"read-only", FLAG, offsetof(struct plan, read_only)},
	{"privileged", FLAG, offsetof(struct plan, privileged)},
	{"network", TEXT, offsetof(struct plan, network)},
	{"port", LIST, offsetof(struct plan, ports)},
	{"userns", TEXT, offsetof(struct plan, userns)},
	{"caps", NUMBER, offsetof(struct plan, caps)},
	{"image-volume", LIST, offsetof(struct plan, image_volumes)},
	{"volume", LIST, offsetof(struct plan, volumes)},
	{"tmpfs", LIST, offsetof(struct plan, tmpfs)},
	{"device", LIST, offsetof(struct plan, devices)},
	{"dns", LIST, offsetof(struct plan, dns)},
	{"host", LIST, offsetof(struct plan, hosts)},
	{"ulimit", LIST, offsetof(struct plan, ulimits)},
	{"shm-size", NUMBER, offsetof(struct plan, shm_size)},
	{"memory", NUMBER, offsetof(struct plan, limits.memory)},
	{"memory-swap", NUMBER, offsetof(struct plan, limits.memory_swap)},
	{"cpus", NUMBER, offsetof(struct plan, limits.cpus)},
	{"cpu-shares", NUMBER, offsetof(struct plan, limits.cpu_shares)},
	{"cpuset-cpus", TEXT, offsetof(struct plan, limits.cpuset_cpus)},
	{"pids", NUMBER, offsetof(struct plan, limits.pids)},
	{"pids-default", FLAG, offsetof(struct plan, limits.pids_default)},
	{"log-max", NUMBER, offsetof(struct plan, log_max)},
	{"stage", LIST, offsetof(struct plan, stages)},
};

enum { FIELDS = sizeof(fields) / sizeof(*fields) };

bool plan_has_stage(const struct plan *p, const char *name)
{
	return p->stages.n ? strv_has(&p->stages, name) : !str_equal(name, "time");
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
		}
	}
}
