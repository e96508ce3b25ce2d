/*
 * The resources of a cgroup as the OCI runtime specification names them (config-linux.md): more
 * than the limits of ct-run (cgroup_limits.h). A value that is not given is not written.
 */
#ifndef CT_RESOURCES_H
#define CT_RESOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* {0}: not given. -1 means unlimited where the specification says so. */
struct resource_number {
	bool given;
	int64_t value;
};

/* A limit of one block device. */
struct resource_device {
	uint32_t major, minor;
	struct resource_number weight, leaf_weight;   /* 10 to 1000 */
	struct resource_number read_bps, write_bps;   /* bytes a second */
	struct resource_number read_iops, write_iops; /* operations a second */
};

/* A file of the cgroup with its value: "hugetlb.2MB.limit_in_bytes", or of `unified`. */
struct resource_file {
	const char *name, *value;
};

/* The lists and the strings belong to the caller, and must live as long as the plan. */
struct resources {
	/* bytes; -1: unlimited */
	struct resource_number memory, reservation, swap /* memory plus swap */, kernel, kernel_tcp;
	struct resource_number swappiness;            /* 0 to 100; v1 only */
	struct resource_number no_oom_killer;         /* 0 or 1; v1 only */
	struct resource_number check_before;          /* memory.checkBeforeUpdate: 0 or 1 */
	struct resource_number shares;                /* 2 to 262144 */
	struct resource_number quota;                 /* microseconds in a period; -1: unlimited */
	struct resource_number period, burst;         /* microseconds */
	struct resource_number rt_runtime, rt_period; /* microseconds; v1 only */
	struct resource_number idle;                  /* cpu.idle: 0 or 1 */
	const char *cpus, *mems;                      /* "0-2,5"; NULL: not given */
	struct resource_number pids;                  /* 0 and -1: unlimited */
	struct resource_number io_weight, io_leaf_weight; /* 10 to 1000 */
	struct resource_device *io;                       /* one a device */
	size_t io_n;
	struct resource_huge {
		const char *size; /* "2MB" */
		uint64_t limit;   /* bytes */
	} * huge;
	size_t huge_n;
	struct resource_number class_id; /* net_cls; v1 only */
	struct resource_priority {
		const char *interface;
		uint32_t priority;
	} * priorities; /* net_prio; v1 only */
	size_t priorities_n;
	struct resource_rdma {
		const char *device;
		struct resource_number handles, objects;
	} * rdma;
	size_t rdma_n;
	struct resource_file *unified; /* v2 only: written as they are, last */
	size_t unified_n;
};

/*
 * Writes the resources to an existing cgroup, which a process may already be in (update). Fails
 * with the resource's name if this kernel does not have it. Calls hierarchy_find.
 */
int resources_set(const char *group, const struct resources *want, struct err *e);

#endif
