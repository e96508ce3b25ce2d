/*
 * What a container may use, and how that is written into the files of a control
 * group, by their names on cgroup v1 and v2 (cgroups(7)).
 */
#ifndef CT_CGROUP_LIMITS_H
#define CT_CGROUP_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

#define LIMIT_NONE UINT64_MAX

/* What a container may use; 0 is "not limited" unless said otherwise. Names as podman's options. */
struct limits {
	uint64_t memory;      /* bytes */
	uint64_t memory_swap; /* bytes of memory and swap together; LIMIT_NONE: any amount of swap */
	uint64_t cpus;        /* thousandths of a processor */
	uint64_t cpu_shares;  /* 2 to 262144 */
	const char *cpuset_cpus;
	uint64_t pids;     /* LIMIT_NONE or 0: any number */
	bool pids_default; /* pids was not asked for: a kernel without that controller is no error */
};

/* Sets them on a group that exists ("ct/ps_42002"). hierarchy_find was called. */
int cgroup_limits_set(const char *group, const struct limits *want, struct err *e);

/* What it would set: which file of a group, in the tree of that controller, and the value. */
typedef void cgroup_limits_note(void *arg, const char *controller, const char *file,
				const char *value);
int cgroup_limits_describe(const struct limits *want, cgroup_limits_note *note, void *arg,
			   struct err *e);

#endif
