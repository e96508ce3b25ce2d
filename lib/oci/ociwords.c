#include "oci/ociwords.h"

#include <ctype.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "kernel/caps.h"
#include "oci/ocijson.h"
#include "oci/ocispec.h"

struct word {
	const char *text; /* NULL ends a list */
	uint64_t value;
};

static const struct word namespace_words[] = {
	{"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC}, {"mount", CLONE_NEWNS},
	{"network", CLONE_NEWNET},   {"pid", CLONE_NEWPID}, {"time", CLONE_NEWTIME},
	{"user", CLONE_NEWUSER},     {"uts", CLONE_NEWUTS}, {NULL, 0},
};

static const struct word rlimit_words[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
	{NULL, 0},
};

/* Of linux/sched.h, which glibc's sched.h does not have. */
static const struct word policy_words[] = {
	{"SCHED_OTHER", 0}, {"SCHED_FIFO", 1}, {"SCHED_RR", 2},       {"SCHED_BATCH", 3},
	{"SCHED_ISO", 4},   {"SCHED_IDLE", 5}, {"SCHED_DEADLINE", 6}, {NULL, 0},
};

static const struct word policy_flag_words[] = {
	{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
	{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
	{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
	{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
	{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
	{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
	{NULL, 0},
};

static const struct word io_class_words[] = {
	{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
	{"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
	{"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
	{NULL, 0},
};

static const struct word domain_words[] = {
	{"LINUX", PER_LINUX},
	{"LINUX32", PER_LINUX32},
	{NULL, 0},
};

static const struct word propagation_words[] = {
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"private", MS_PRIVATE},
	{"unbindable", MS_UNBINDABLE},
	{"rshared", MS_SHARED | MS_REC},
	{"rslave", MS_SLAVE | MS_REC},
	{"rprivate", MS_PRIVATE | MS_REC},
	{"runbindable", MS_UNBINDABLE | MS_REC},
	{NULL, 0},
};

const char *ociwords_namespace_name(size_t i)
{
	return namespace_words[i].text;
}

static int find(const struct word *words, const json_t *value, uint64_t *out, struct err *e)
{
	const char *text = json_string_value(value);

	for (const struct word *w = words; text && w->text; w++)
		if (strcmp(w->text, text) == 0) {
			*out = w->value;
			return 0;
		}
	return text ? err_set(e, "%s: unknown", text) : err_set(e, "not a string");
}

#define READ_WORD(name, type)                                             \
	int ociwords_##name(void *at, const json_t *value, struct err *e) \
	{                                                                 \
		uint64_t found = 0;                                       \
                                                                          \
		if (find(name##_words, value, &found, e) < 0)             \
			return -1;                                        \
		*(type *)at = (type)found;                                \
		return 0;                                                 \
	}

READ_WORD(namespace, int)
READ_WORD(rlimit, int)
READ_WORD(policy, uint32_t)
READ_WORD(io_class, int)
READ_WORD(domain, unsigned long)
READ_WORD(propagation, unsigned long)

/* Calls one() for each string of a list. */
static int each(void *at, const json_t *list, int (*one)(void *, const json_t *, struct err *),
		struct err *e)
{
	json_t *word;
	size_t i;

	if (!json_is_array(list))
		return err_set(e, "not a list of strings");
	json_array_foreach(list, i, word)
	{
		if (!json_is_string(word))
			return err_set(e, "not a list of strings");
		if (one(at, word, e) < 0)
			return -1;
	}
	return 0;
}

static int add_policy_flag(void *at, const json_t *value, struct err *e)
{
	uint64_t flag = 0;

	if (find(policy_flag_words, value, &flag, e) < 0)
		return -1;
	*(uint64_t *)at |= flag;
	return 0;
}

int ociwords_policy_flags(void *at, const json_t *value, struct err *e)
{
	return each(at, value, add_policy_flag, e);
}

static int add_cap(void *at, const json_t *value, struct err *e)
{
	uint64_t set = 0;
	const char *name = json_string_value(value);

	if (strncmp(name, "CAP_", 4) != 0 || caps_read(name, &set, e) < 0)
		return err_set(e, "%s: unknown capability", name);
	*(uint64_t *)at |= set;
	return 0;
}

int ociwords_caps(void *at, const json_t *value, struct err *e)
{
	return each(at, value, add_cap, e);
}

int ociwords_no_flags(void *at, const json_t *value, struct err *e)
{
	(void)at;
	return json_array_size(value) ? err_set(e, "the specification defines none") : 0;
}

int ociwords_flag(void *at, const json_t *value, struct err *e)
{
	if (!json_is_boolean(value))
		return err_set(e, "not true or false");
	*(struct resource_number *)at = (struct resource_number){true, json_is_true(value)};
	return 0;
}

static int add_option(void *at, const json_t *value, struct err *e)
{
	const char *option = json_string_value(value);
	struct ocimount *m = at;

	(void)e;
	if (*option && strcmp(option, "defaults") != 0 && !mountflags_read(option, &m->mount.flags))
		buf_fmt(&m->data, "%s%s", m->data.len ? "," : "", option);
	return 0;
}

int ociwords_mount_options(void *at, const json_t *value, struct err *e)
{
	return each(at, value, add_option, e);
}

/* One of the characters of `known`; u is another name of c. */
static int read_type(char *to, const json_t *value, const char *known, struct err *e)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != 1 || !strchr(known, *text))
		return err_set(e, "%s: not one of %s", text ? text : "this", known);
	*to = (char)(*text == 'u' ? 'c' : *text);
	return 0;
}

int ociwords_device_type(void *at, const json_t *value, struct err *e)
{
	return read_type(at, value, "cbup", e);
}

int ociwords_rule_type(void *at, const json_t *value, struct err *e)
{
	return read_type(at, value, "abc", e);
}

int ociwords_rule(void *at, const json_t *value, struct err *e)
{
	(void)value;
	(void)e;
	*(struct devrule *)at = (struct devrule){.type = 'a', .major = -1, .minor = -1};
	return 0;
}

int ociwords_access(void *at, const json_t *value, struct err *e)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) > 3 || strspn(text, "rwm") != strlen(text))
		return err_set(e, "%s: not of the letters r, w and m", text ? text : "this");
	memcpy(at, text, strlen(text) + 1);
	return 0;
}

int ociwords_number(void *at, const json_t *value, struct err *e)
{
	int64_t *to = at;

	return ocijson_int(value, -1, UINT32_MAX, to) ? 0 : err_set(e, "not a number");
}

int ociwords_mode(void *at, const json_t *value, struct err *e)
{
	struct bundle_device *d = at;
	uint64_t mode;

	if (!ocijson_uint(value, UINT32_MAX, &mode))
		return err_set(e, "not a number of 32 bits");
	d->mode_given = true;
	d->mode = (mode_t)mode & 07777;
	return 0;
}

int ociwords_groups(void *at, const json_t *value, struct err *e)
{
	json_t *group;
	uint64_t id;
	size_t i;

	if (!json_is_array(value))
		return err_set(e, "not a list");
	json_array_foreach(value, i, group)
	{
		if (!ocijson_uint(group, UINT32_MAX - 1, &id))
			return err_set(e, "not a list of group ids");
		*(gid_t *)ocilist_add(at, sizeof(gid_t)) = (gid_t)id;
	}
	return 0;
}

/* An object whose values are strings: a list of pairs, both struct ocisysctl and resource_file. */
static int read_pairs(void *at, const json_t *value, struct err *e)
{
	const char *key;
	json_t *text;

	_Static_assert(sizeof(struct ocisysctl) == sizeof(struct resource_file), "both are pairs");
	if (!json_is_object(value))
		return err_set(e, "not an object");
	json_object_foreach((json_t *)(uintptr_t)value, key, text)
	{
		struct ocisysctl *pair = ocilist_add(at, sizeof(*pair));

		if (!*key || !json_is_string(text))
			return err_set(e, "%s: not a string", key);
		*pair = (struct ocisysctl){key, json_string_value(text)};
	}
	return 0;
}

int ociwords_sysctls(void *at, const json_t *value, struct err *e)
{
	return read_pairs(at, value, e);
}

int ociwords_unified(void *at, const json_t *value, struct err *e)
{
	const char *key;
	json_t *text;

	json_object_foreach(
		(json_t *)(uintptr_t)value, key,
		text) if (strchr(key, '/') ||
			  !strchr(key,
				  '.')) return err_set(e, "%s: not the name of a file of a cgroup",
						       key);
	return read_pairs(at, value, e);
}

int ociwords_rdma(void *at, const json_t *value, struct err *e)
{
	static const char *const names[] = {"hcaHandles", "hcaObjects"};
	const char *key;
	json_t *limits;

	if (!json_is_object(value))
		return err_set(e, "not an object");
	json_object_foreach((json_t *)(uintptr_t)value, key, limits)
	{
		struct resource_rdma *r = ocilist_add(at, sizeof(*r));

		r->device = key;
		for (int i = 0; i < 2; i++) {
			const json_t *n = json_object_get(limits, names[i]);
			struct resource_number *to = i ? &r->objects : &r->handles;

			to->given = n;
			if (n && !ocijson_int(n, 0, UINT32_MAX, &to->value))
				return err_set(e, "%s.%s: not a number", key, names[i]);
		}
	}
	return 0;
}

int ociwords_json(void *at, const json_t *value, struct err *e)
{
	*(const json_t **)at = value;
	return json_is_object(value) ? 0 : err_set(e, "not an object");
}

int ociwords_annotations(void *at, const json_t *value, struct err *e)
{
	struct ocilist ignored = {0};
	int failed = read_pairs(&ignored, value, e);

	free(ignored.v);
	return failed < 0 ? -1 : ociwords_json(at, value, e);
}
