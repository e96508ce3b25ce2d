/* The options of ct-run and ct-update that limit resources. */
#ifndef CT_LIMITOPTS_H
#define CT_LIMITOPTS_H

#include <stdbool.h>

#include "base/opt.h"
#include "kernel/cgroup_limits.h"

struct err;

struct limitopts {
	uint64_t memory, cpu_shares;
	const char *memory_swap, *cpus, *cpuset_cpus, *pids_limit, *disk;
};

#define OPT_LIMITS(S, m)                                                                           \
	OPT_FORM(S, m.memory, 'm', "memory", "SIZE", "limit memory (bytes; k, m, g; 0: no limit)", \
		 limitopts_read_memory),                                                           \
		OPT_TEXT(S, m.memory_swap, 0, "memory-swap", "SIZE",                               \
			 "limit memory plus swap (bytes; k, m, g; -1: unlimited swap)"),           \
		OPT_TEXT(S, m.cpus, 0, "cpus", "NUMBER",                                           \
			 "limit CPU time, in processors (as 1.5)"),                                \
		OPT_FORM(S, m.cpu_shares, 0, "cpu-shares", "NUMBER",                               \
			 "set the CPU weight relative to other cgroups (default: 1024)",           \
			 limitopts_read_shares),                                                   \
		OPT_TEXT(S, m.cpuset_cpus, 0, "cpuset-cpus", "LIST",                               \
			 "restrict to these processors (as 0-2,5)"),                               \
		OPT_TEXT(S, m.pids_limit, 0, "pids-limit", "NUMBER",                               \
			 "limit the number of processes and threads (default: 2048; -1: "          \
			 "unlimited)"),                                                            \
		OPT_TEXT(S, m.disk, 0, "disk", "SIZE",                                             \
			 "limit what the container adds to its image (bytes; k, m, g; -1: "        \
			 "unlimited)")

/* Readers of the options: a field that is 0 was not given. */
int limitopts_read_memory(void *to, const char *text, struct err *e); /* 0: LIMIT_NONE */
int limitopts_read_shares(void *to, const char *text, struct err *e);

bool limitopts_given(const struct limitopts *o);

/* Replaces the limits for which there are options. cpuset_cpus belongs to the options. */
int limitopts_merge(const struct limitopts *o, struct limits *l, struct err *e);

/* Replaces the limit of the disk (disk.h) if the option is given. rootfs: plan->rootfs. */
int limitopts_merge_disk(const struct limitopts *o, const char *rootfs, uint64_t *disk,
			 struct err *e);

#endif
