#include "kernel/resources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/hierarchy.h"

enum { VALUE = 256 };

static bool is_v2(const char *controller)
{
	const struct hierarchy *h = hierarchy_of(controller);

	return h && h->v2;
}

static int put(const char *group, const char *controller, const char *file, const char *value,
	       struct err *e)
{
	if (hierarchy_set(controller, group, file, value) == 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(e, "%s %s", file, value);
	return err_code(e, ENOENT, "%s %s: not supported by this system", file, value);
}

/* Writes a number; -1 as "max", where max is set. */
static int put_number(const char *group, const char *controller, const char *file,
		      const struct resource_number *n, bool max, struct err *e)
{
	char text[24] = "max";

	if (!n->given)
		return 0;
	if (!max || n->value >= 0)
		snprintf(text, sizeof(text), "%lld", (long long)n->value);
	return put(group, controller, file, text, e);
}

/* A resource that only cgroup v1 has. */
static int put_v1(const char *group, const char *controller, const char *file,
		  const struct resource_number *n, struct err *e)
{
	if (n->given && is_v2(controller))
		return err_set(e, "%s %lld: cgroup v2 has no such resource", file,
			       (long long)n->value);
	return put_number(group, controller, file, n, false, e);
}

/* --- memory --- */

/* A limit below what is in use would kill processes. */
static int check_usage(const char *group, const struct resources *r, struct err *e)
{
	const char *file = is_v2("memory") ? "memory.current" : "memory.usage_in_bytes";
	char value[VALUE];

	if (!r->check_before.given || !r->check_before.value || !r->memory.given ||
	    r->memory.value < 0 || hierarchy_get("memory", group, file, value, sizeof(value)) < 0)
		return 0;
	return strtoll(value, NULL, 10) > r->memory.value
		? err_set(e, "memory limit %lld: less than the %s bytes in use",
			  (long long)r->memory.value, value)
		: 0;
}

static int set_memory_v1(const char *group, const struct resources *r, struct err *e)
{
	static const char limit[] = "memory.limit_in_bytes", swap[] = "memory.memsw.limit_in_bytes";

	/* The sum must never be below the memory limit: raised first, lowered last. */
	if (put_number(group, "memory", limit, &r->memory, false, e) < 0) {
		if (e->sys != EINVAL || !r->swap.given ||
		    put_number(group, "memory", swap, &r->swap, false, e) < 0 ||
		    put_number(group, "memory", limit, &r->memory, false, e) < 0)
			return -1;
	}
	return put_number(group, "memory", swap, &r->swap, false, e);
}

/* v2 counts swap separately. */
static int set_memory_v2(const char *group, const struct resources *r, struct err *e)
{
	struct resource_number swap = r->swap;

	if (swap.given && swap.value > 0) {
		if (!r->memory.given || r->memory.value < 0)
			return err_set(e,
				       "swap limit %lld: needs a memory limit, which it includes",
				       (long long)swap.value);
		if (swap.value < r->memory.value)
			return err_set(e, "swap limit %lld: less than the memory limit",
				       (long long)swap.value);
		swap.value -= r->memory.value;
	}
	if (put_number(group, "memory", "memory.swap.max", &swap, true, e) < 0 ||
	    put_number(group, "memory", "memory.max", &r->memory, true, e) < 0)
		return -1;
	return 0;
}

static int set_memory(const char *group, const struct resources *r, struct err *e)
{
	bool v2 = is_v2("memory");

	if (check_usage(group, r, e) < 0 ||
	    (v2 ? set_memory_v2(group, r, e) : set_memory_v1(group, r, e)) < 0)
		return -1;
	if (put_number(group, "memory", v2 ? "memory.low" : "memory.soft_limit_in_bytes",
		       &r->reservation, v2, e) < 0)
		return -1;
	/* The specification lets a runtime ignore neither; v2 never disables the OOM killer. */
	if (r->no_oom_killer.given && (!v2 || r->no_oom_killer.value) &&
	    put_v1(group, "memory", "memory.oom_control", &r->no_oom_killer, e) < 0)
		return -1;
	if (put_v1(group, "memory", "memory.kmem.limit_in_bytes", &r->kernel, e) < 0 ||
	    put_v1(group, "memory", "memory.kmem.tcp.limit_in_bytes", &r->kernel_tcp, e) < 0)
		return -1;
	return put_v1(group, "memory", "memory.swappiness", &r->swappiness, e);
}

/* --- cpu --- */

static int set_quota_v2(const char *group, const struct resources *r, struct err *e)
{
	char now[VALUE] = "max", text[64], *period;

	if (!r->quota.given && !r->period.given)
		return 0;
	hierarchy_get("cpu", group, "cpu.max", now, sizeof(now));
	period = strchr(now, ' ');
	if (period)
		*period++ = '\0';
	if (r->quota.given && r->quota.value > 0)
		snprintf(now, 24, "%lld", (long long)r->quota.value);
	else if (r->quota.given)
		strcpy(now, "max");
	if (r->period.given)
		snprintf(text, sizeof(text), "%.24s %lld", now, (long long)r->period.value);
	else
		snprintf(text, sizeof(text), "%.24s %.24s", now,
			 r->quota.given && period ? period : "100000");
	return put(group, "cpu", "cpu.max", text, e);
}

/* Maps v1's range 2 to 262144 to v2's 1 to 10000. */
static int set_shares(const char *group, const struct resource_number *shares, bool v2,
		      struct err *e)
{
	struct resource_number n = *shares;

	if (!n.given || (v2 && n.value == 0))
		return 0;
	if (!v2)
		return put_number(group, "cpu", "cpu.shares", &n, false, e);
	n.value = n.value < 2 ? 2 : n.value > 262144 ? 262144 : n.value;
	n.value = 1 + (n.value - 2) * 9999 / 262142;
	return put_number(group, "cpu", "cpu.weight", &n, false, e);
}

static int set_cpu(const char *group, const struct resources *r, struct err *e)
{
	bool v2 = is_v2("cpu");

	if (set_shares(group, &r->shares, v2, e) < 0)
		return -1;
	if (v2) {
		if (set_quota_v2(group, r, e) < 0 ||
		    put_number(group, "cpu", "cpu.max.burst", &r->burst, false, e) < 0)
			return -1;
	} else if (put_number(group, "cpu", "cpu.cfs_period_us", &r->period, false, e) < 0 ||
		   put_number(group, "cpu", "cpu.cfs_quota_us", &r->quota, false, e) < 0 ||
		   put_number(group, "cpu", "cpu.cfs_burst_us", &r->burst, false, e) < 0) {
		return -1;
	}
	if (put_v1(group, "cpu", "cpu.rt_period_us", &r->rt_period, e) < 0 ||
	    put_v1(group, "cpu", "cpu.rt_runtime_us", &r->rt_runtime, e) < 0 ||
	    put_number(group, "cpu", "cpu.idle", &r->idle, false, e) < 0)
		return -1;
	if (r->cpus && *r->cpus && put(group, "cpuset", "cpuset.cpus", r->cpus, e) < 0)
		return -1;
	return r->mems && *r->mems ? put(group, "cpuset", "cpuset.mems", r->mems, e) : 0;
}

/* --- block devices --- */

/* The weight is a file of the I/O scheduler, with one of these names. */
static int put_weight(const char *group, const char *const names[], const char *value,
		      struct err *e)
{
	const char *controller = is_v2("io") ? "io" : "blkio";
	int failed;

	do
		failed = put(group, controller, *names++, value, e);
	while (failed < 0 && e->sys == ENOENT && *names);
	return failed;
}

static int set_weight(const char *group, const struct resource_number *n, const char *device,
		      struct err *e)
{
	static const char *const v2[] = {"io.bfq.weight", "io.weight", NULL};
	static const char *const v1[] = {"blkio.weight", "blkio.bfq.weight", NULL};
	static const char *const v1_device[] = {"blkio.weight_device", "blkio.bfq.weight_device",
						NULL};
	char text[64];
	bool two = is_v2("io");

	if (!n->given || n->value == 0)
		return 0;
	/* v1's range 10 to 1000 becomes v2's 1 to 10000. */
	snprintf(text, sizeof(text), "%s%s%lld", device, *device ? " " : "",
		 (long long)(two ? 1 + (n->value - 10) * 9999 / 990 : n->value));
	return put_weight(group, two ? v2 : *device ? v1_device : v1, text, e);
}

static int set_rate(const char *group, const char *device, const struct resource_number *n,
		    const char *v1, const char *v2, struct err *e)
{
	char text[96];

	if (!n->given)
		return 0;
	if (!is_v2("io")) {
		snprintf(text, sizeof(text), "%s %lld", device, (long long)n->value);
		return put(group, "blkio", v1, text, e);
	}
	if (n->value > 0)
		snprintf(text, sizeof(text), "%s %s=%lld", device, v2, (long long)n->value);
	else
		snprintf(text, sizeof(text), "%s %s=max", device, v2);
	return put(group, "io", "io.max", text, e);
}

static int set_leaf(const char *group, const struct resource_number *n, const char *device,
		    struct err *e)
{
	char text[64];

	if (!n->given || n->value == 0)
		return 0;
	if (is_v2("io"))
		return err_set(e, "leafWeight %lld: cgroup v2 has no such resource",
			       (long long)n->value);
	snprintf(text, sizeof(text), "%s%s%lld", device, *device ? " " : "", (long long)n->value);
	return put(group, "blkio", *device ? "blkio.leaf_weight_device" : "blkio.leaf_weight", text,
		   e);
}

static int set_io(const char *group, const struct resources *r, struct err *e)
{
	if (set_weight(group, &r->io_weight, "", e) < 0 ||
	    set_leaf(group, &r->io_leaf_weight, "", e) < 0)
		return -1;
	for (size_t i = 0; i < r->io_n; i++) {
		const struct resource_device *d = &r->io[i];
		char device[32];

		snprintf(device, sizeof(device), "%u:%u", d->major, d->minor);
		if (set_weight(group, &d->weight, device, e) < 0 ||
		    set_leaf(group, &d->leaf_weight, device, e) < 0 ||
		    set_rate(group, device, &d->read_bps, "blkio.throttle.read_bps_device", "rbps",
			     e) < 0 ||
		    set_rate(group, device, &d->write_bps, "blkio.throttle.write_bps_device",
			     "wbps", e) < 0 ||
		    set_rate(group, device, &d->read_iops, "blkio.throttle.read_iops_device",
			     "riops", e) < 0 ||
		    set_rate(group, device, &d->write_iops, "blkio.throttle.write_iops_device",
			     "wiops", e) < 0)
			return -1;
	}
	return 0;
}

/* --- the rest --- */

static int set_huge(const char *group, const struct resources *r, struct err *e)
{
	for (size_t i = 0; i < r->huge_n; i++) {
		own_str char *file = str_fmt("hugetlb.%s.%s", r->huge[i].size,
					     is_v2("hugetlb") ? "max" : "limit_in_bytes");
		own_str char *value = str_fmt("%llu", (unsigned long long)r->huge[i].limit);

		if (strchr(r->huge[i].size, '/'))
			return err_set(e, "hugepageLimits %s: not a size", r->huge[i].size);
		if (put(group, "hugetlb", file, value, e) < 0)
			return -1;
	}
	return 0;
}

static int set_network(const char *group, const struct resources *r, struct err *e)
{
	if (put_v1(group, "net_cls", "net_cls.classid", &r->class_id, e) < 0)
		return -1;
	for (size_t i = 0; i < r->priorities_n; i++) {
		own_str char *value =
			str_fmt("%s %u", r->priorities[i].interface, r->priorities[i].priority);

		if (put(group, "net_prio", "net_prio.ifpriomap", value, e) < 0)
			return -1;
	}
	return 0;
}

static int set_rdma(const char *group, const struct resources *r, struct err *e)
{
	for (size_t i = 0; i < r->rdma_n; i++) {
		const struct resource_rdma *d = &r->rdma[i];
		own_buf struct buf value = {0};

		buf_str(&value, d->device);
		if (d->handles.given)
			buf_fmt(&value, " hca_handle=%lld", (long long)d->handles.value);
		if (d->objects.given)
			buf_fmt(&value, " hca_object=%lld", (long long)d->objects.value);
		if (put(group, "rdma", "rdma.max", value.data, e) < 0)
			return -1;
	}
	return 0;
}

/* The files of cgroup v2 by their own names. */
static int set_unified(const char *group, const struct resource_file *f, struct err *e)
{
	own_str char *controller = str_dup_n(f->name, strcspn(f->name, "."));

	if (strchr(f->name, '/') || !strchr(f->name, '.'))
		return err_set(e, "unified %s: not a file of a controller", f->name);
	if (!is_v2(controller))
		return err_set(e, "unified %s: no such controller on cgroup v2 here", f->name);
	return put(group, controller, f->name, f->value, e);
}

int resources_set(const char *group, const struct resources *want, struct err *e)
{
	const struct hierarchy *trees;
	struct resource_number pids = want->pids;

	hierarchy_want_all();
	if (hierarchy_find(&trees, e) < 0)
		return -1;
	if (pids.value == 0)
		pids.value = -1;
	if (set_memory(group, want, e) < 0 || set_cpu(group, want, e) < 0 ||
	    put_number(group, "pids", "pids.max", &pids, true, e) < 0 ||
	    set_io(group, want, e) < 0 || set_huge(group, want, e) < 0 ||
	    set_network(group, want, e) < 0 || set_rdma(group, want, e) < 0)
		return -1;
	for (size_t i = 0; i < want->unified_n; i++)
		if (set_unified(group, &want->unified[i], e) < 0)
			return -1;
	return 0;
}
