/*
 * Resource limits of a container, written to the files of its cgroup under their names on
 * cgroup v1 and v2 (cgroups(7)).
 */
#ifndef CT_CGROUP_LIMITS_H
#define CT_CGROUP_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

#define LIMIT_NONE UINT64_MAX

/*
 * Resource limits, named like podman's options. 0 means unlimited unless a
 * field says otherwise.
 */
struct limits {
	uint64_t memory;      /* bytes */
	uint64_t memory_swap; /* bytes of memory plus swap; LIMIT_NONE: unlimited swap */
	uint64_t cpus;        /* thousandths of a CPU */
	uint64_t cpu_shares;  /* 2 to 262144 */
	const char *cpuset_cpus;
	uint64_t pids; /* LIMIT_NONE or 0: unlimited */
	/* pids is ct's default: a kernel without the pids controller is no error */
	bool pids_default;
};

/* Sets the limits of an existing cgroup ("ct/ps_42002"). Call hierarchy_find first. */
int cgroup_limits_set(const char *group, const struct limits *want, struct err *e);

/*
 * Changes the limits of a cgroup that has the limits `now`: writes only those that differ. After a
 * failure some may be changed.
 */
int cgroup_limits_change(const char *group, const struct limits *now, const struct limits *want,
			 struct err *e);

/*
 * Reports what cgroup_limits_set would write: controller, file and value, one
 * call for each file.
 */
typedef void cgroup_limits_note(void *arg, const char *controller, const char *file,
				const char *value);
int cgroup_limits_describe(const struct limits *want, cgroup_limits_note *note, void *arg,
			   struct err *e);

#endif
