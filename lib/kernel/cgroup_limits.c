#include "kernel/cgroup_limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/hierarchy.h"

enum {
	PERIOD_US = 100000, /* of the CPU quota: the default of the kernel and of podman */
	VALUE = 1024,       /* longest value read */
};

static bool is_v2(const char *controller)
{
	const struct hierarchy *h = hierarchy_of(controller);

	return h && h->v2;
}

/* The cgroup whose limits are set or, with note, only described. */
struct target {
	const char *group;
	cgroup_limits_note *note;
	void *arg;
};

/* Sets one limit. said: the option and its value, for messages. */
static int hold(const struct target *t, const char *said, const char *controller, const char *file,
		const char *value, struct err *e)
{
	if (t->note) {
		t->note(t->arg, controller, file, value);
		return 0;
	}
	if (hierarchy_set(controller, t->group, file, value) == 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(e, "%s", said);
	return err_code(e, ENOENT, "%s: not supported by this system (no %s)", said, file);
}

static int hold_number(const struct target *t, const char *option, uint64_t shown,
		       const char *controller, const char *file, uint64_t value, struct err *e)
{
	char said[80], text[24];

	snprintf(said, sizeof(said), "%s %llu", option, (unsigned long long)shown);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return hold(t, said, controller, file, text, e);
}

/* v1 counts memory and swap together, v2 counts swap separately. */
static int hold_swap(const struct target *t, const struct limits *want, struct err *e)
{
	uint64_t total = want->memory_swap;

	if (!total && want->memory <= UINT64_MAX / 4)
		total = 2 * want->memory;
	if (!total || total == LIMIT_NONE)
		return 0;
	if (!want->memory || total < want->memory)
		return err_set(e, "--memory-swap %llu: memory plus swap: %s",
			       (unsigned long long)total,
			       want->memory ? "must not be less than --memory" : "needs --memory");
	if (is_v2("memory"))
		return hold_number(t, "--memory-swap", total, "memory", "memory.swap.max",
				   total - want->memory, e);
	return hold_number(t, "--memory-swap", total, "memory", "memory.memsw.limit_in_bytes",
			   total, e);
}

static const char *memory_file(void)
{
	return is_v2("memory") ? "memory.max" : "memory.limit_in_bytes";
}

static int hold_memory(const struct target *t, const struct limits *want, struct err *e)
{
	/* The kernel rounds down to whole pages; less than one page would become 0. */
	if (want->memory && want->memory < (uint64_t)sysconf(_SC_PAGESIZE))
		return err_set(e, "--memory %llu: less than a page of memory",
			       (unsigned long long)want->memory);
	/* Set before swap: on v1 the sum must never be below the memory limit. */
	if (want->memory &&
	    hold_number(t, "--memory", want->memory, "memory", memory_file(), want->memory, e) < 0)
		return -1;
	if (hold_swap(t, want, e) == 0)
		return 0;
	/* Limiting swap without a request is best effort. */
	return !want->memory_swap && e->sys == ENOENT ? 0 : -1;
}

static int hold_cpu(const struct target *t, const struct limits *want, struct err *e)
{
	uint64_t quota = want->cpus * (PERIOD_US / 1000), shares = want->cpu_shares;
	char said[64], text[64];

	snprintf(said, sizeof(said), "--cpus %llu.%03u", (unsigned long long)(want->cpus / 1000),
		 (unsigned)(want->cpus % 1000));
	/* Both versions start with PERIOD_US; only v2 could set the period in the same write. */
	snprintf(text, sizeof(text), "%llu", (unsigned long long)quota);
	if (want->cpus &&
	    hold(t, said, "cpu", is_v2("cpu") ? "cpu.max" : "cpu.cfs_quota_us", text, e) < 0)
		return -1;
	if (!shares)
		return 0;
	if (!is_v2("cpu"))
		return hold_number(t, "--cpu-shares", shares, "cpu", "cpu.shares", shares, e);
	/*
	 * Maps v1's range 2 to 262144 to v2's 1 to 10000 like the OCI runtimes; values are
	 * clamped as v1 does.
	 */
	shares = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
	return hold_number(t, "--cpu-shares", want->cpu_shares, "cpu", "cpu.weight",
			   1 + (shares - 2) * 9999 / 262142, e);
}

/*
 * A new v1 cgroup has no CPUs and no memory nodes, so no process can join it. It inherits those
 * of its parent, after the parent has inherited its own.
 */
static int cpuset_inherit(const char *group, const char *file, char *value, struct err *e)
{
	const char *slash = strrchr(group, '/');
	own_str char *above = slash ? str_dup_n(group, (size_t)(slash - group)) : str_dup("/");

	if (hierarchy_get("cpuset", above, file, value, VALUE) < 0)
		return err_sys(e, "control group %s: %s", above, file);
	if (!value[0] && str_equal(above, "/"))
		return err_set(e, "control groups: %s of the root is empty", file);
	if (!value[0] && cpuset_inherit(above, file, value, e) < 0)
		return -1;
	if (hierarchy_set("cpuset", group, file, value) < 0)
		return err_sys(e, "control group %s: %s %s", group, file, value);
	return 0;
}

static int hold_cpuset(const struct target *t, const char *cpus, struct err *e)
{
	own_str char *said = str_fmt("--cpuset-cpus %s", cpus ? cpus : "");
	char value[VALUE];

	if (cpus && (!*cpus || cpus[strspn(cpus, "0123456789,-")]))
		return err_set(e, "%s: not a list of processors (such as 0-3,7)", said);
	if (hierarchy_of("cpuset") && !is_v2("cpuset") && !t->note)
		if (cpuset_inherit(t->group, "cpuset.mems", value, e) < 0 ||
		    cpuset_inherit(t->group, "cpuset.cpus", value, e) < 0)
			return -1;
	if (!cpus || hold(t, said, "cpuset", "cpuset.cpus", cpus, e) == 0)
		return 0;
	if (e->sys != EINVAL && e->sys != ERANGE && e->sys != EACCES)
		return -1;
	if (is_v2("cpuset"))
		hierarchy_get("cpuset", t->group, "cpuset.cpus.effective", value, sizeof(value));
	return err_set(e, "%s: not available (available: %s)", said, value);
}

static int hold_pids(const struct target *t, const struct limits *want, struct err *e)
{
	if (!want->pids || want->pids == LIMIT_NONE)
		return 0;
	if (hold_number(t, "--pids-limit", want->pids, "pids", "pids.max", want->pids, e) == 0)
		return 0;
	return want->pids_default && e->sys == ENOENT ? 0 : -1;
}

static int hold_all(const struct target *t, const struct limits *want, struct err *e)
{
	if (hold_memory(t, want, e) < 0 || hold_cpu(t, want, e) < 0 ||
	    hold_cpuset(t, want->cpuset_cpus, e) < 0 || hold_pids(t, want, e) < 0)
		return -1;
	return 0;
}

int cgroup_limits_set(const char *group, const struct limits *want, struct err *e)
{
	return hold_all(&(struct target){.group = group}, want, e);
}

/* Removes a limit; the functions above only set one. said: as for hold(). */
static int lift(const struct target *t, const char *said, const char *controller, const char *file,
		struct err *e)
{
	return hold(t, said, controller, file, is_v2(controller) ? "max" : "-1", e);
}

/* On v1 the sum must never be below the memory limit, so a growing sum is written first. */
static int change_memory(const struct target *t, const struct limits *now,
			 const struct limits *want, struct err *e)
{
	const char *file = is_v2("memory") ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	uint64_t memory = want->memory;

	if (now->memory == memory && now->memory_swap == want->memory_swap)
		return 0;
	if ((!memory || want->memory_swap == LIMIT_NONE) &&
	    lift(t, "--memory-swap -1", "memory", file, e) < 0 &&
	    (want->memory_swap || e->sys != ENOENT))
		return -1;
	if (!memory)
		return lift(t, "--memory 0", "memory", memory_file(), e);
	if (!is_v2("memory") && now->memory && memory > now->memory && hold_swap(t, want, e) < 0 &&
	    (want->memory_swap || e->sys != ENOENT))
		return -1;
	return hold_memory(t, want, e);
}

int cgroup_limits_change(const char *group, const struct limits *now, const struct limits *want,
			 struct err *e)
{
	const struct target t = {.group = group};
	struct limits cpu = {.cpus = now->cpus == want->cpus ? 0 : want->cpus,
			     .cpu_shares = now->cpu_shares == want->cpu_shares ? 0
									       : want->cpu_shares};

	if (change_memory(&t, now, want, e) < 0)
		return -1;
	if (!str_equal(now->cpuset_cpus, want->cpuset_cpus) &&
	    hold_cpuset(&t, want->cpuset_cpus, e) < 0)
		return -1;
	if (now->pids != want->pids &&
	    (want->pids == LIMIT_NONE ? hold(&t, "--pids-limit -1", "pids", "pids.max", "max", e)
				      : hold_pids(&t, want, e)) < 0)
		return -1;
	/* Last, because changing back does not lift a limit of processor time. */
	return hold_cpu(&t, &cpu, e);
}

int cgroup_limits_describe(const struct limits *want, cgroup_limits_note *note, void *arg,
			   struct err *e)
{
	const struct hierarchy *trees;
	int n = hierarchy_find(&trees, e);

	if (n == 0)
		return err_set(e, "control groups: none are mounted (usually on /sys/fs/cgroup)");
	return n < 0 ? -1 : hold_all(&(struct target){.note = note, .arg = arg}, want, e);
}
