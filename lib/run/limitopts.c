#include "run/limitopts.h"

#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "container/disk.h"

enum { CPU_SHARES_DEFAULT = 1024, CPU_SHARES_MIN = 2, CPU_SHARES_MAX = 262144 };

int limitopts_read_memory(void *to, const char *text, struct err *e)
{
	uint64_t *memory = to;

	if (num_size(text, memory, e) < 0)
		return -1;
	if (!*memory)
		*memory = LIMIT_NONE;
	return 0;
}

/* As in docker, 0 is the default. */
int limitopts_read_shares(void *to, const char *text, struct err *e)
{
	uint64_t *shares = to;

	if (strcmp(text, "0") != 0)
		return num_uint(text, CPU_SHARES_MIN, CPU_SHARES_MAX, shares, e);
	*shares = CPU_SHARES_DEFAULT;
	return 0;
}

bool limitopts_given(const struct limitopts *o)
{
	return o->memory || o->memory_swap || o->cpus || o->cpu_shares || o->cpuset_cpus ||
		o->pids_limit || o->disk;
}

static int merge_memory(const struct limitopts *o, struct limits *l, struct err *e)
{
	if (o->memory)
		l->memory = o->memory == LIMIT_NONE ? 0 : o->memory;
	if (!l->memory)
		l->memory_swap = 0;
	if (o->memory_swap) {
		l->memory_swap = 0;
		if (strcmp(o->memory_swap, "-1") == 0)
			l->memory_swap = LIMIT_NONE;
		else if (num_size(o->memory_swap, &l->memory_swap, e) < 0)
			return err_wrap(e, "--memory-swap");
		if (!l->memory)
			return err_set(e, "--memory-swap %s: needs --memory", o->memory_swap);
		if (l->memory_swap < l->memory)
			return err_set(e, "--memory-swap %s: less than --memory, which it includes",
				       o->memory_swap);
	}
	if (l->memory_swap && l->memory_swap < l->memory)
		return err_set(
			e, "--memory %llu: more than memory plus swap: needs --memory-swap, too",
			(unsigned long long)l->memory);
	return 0;
}

static int merge_cpu(const struct limitopts *o, struct limits *l, struct err *e)
{
	if (o->cpu_shares)
		l->cpu_shares = o->cpu_shares;
	if (o->cpuset_cpus)
		l->cpuset_cpus = o->cpuset_cpus;
	if (!o->cpus)
		return 0;
	if (num_fixed(o->cpus, 1000, &l->cpus, e) < 0)
		return err_wrap(e, "--cpus");
	return l->cpus < 10 ? err_set(e, "--cpus %s: less than 0.01", o->cpus) : 0;
}

int limitopts_merge(const struct limitopts *o, struct limits *l, struct err *e)
{
	uint64_t pids;

	if (merge_cpu(o, l, e) < 0 || merge_memory(o, l, e) < 0)
		return -1;
	if (!o->pids_limit)
		return 0;
	if (strcmp(o->pids_limit, "-1") == 0 || strcmp(o->pids_limit, "0") == 0)
		pids = LIMIT_NONE;
	else if (num_uint(o->pids_limit, 1, 1 << 22, &pids, e) < 0)
		return err_wrap(e, "--pids-limit");
	l->pids = pids;
	l->pids_default = false;
	return 0;
}

int limitopts_merge_disk(const struct limitopts *o, const char *rootfs, uint64_t *disk,
			 struct err *e)
{
	if (!o->disk)
		return 0;
	if (rootfs)
		return err_set(e, "--disk %s: needs a snapshot of an image, and --rootfs has none",
			       o->disk);
	return disk_read(o->disk, disk, e);
}
