/* The resources that the processes of a cgroup use, as the kernel counts them. */
#ifndef CT_USAGE_H
#define CT_USAGE_H

#include <stdint.h>

/* A number is negative if the kernel does not tell it: no controller, or the group is gone. */
struct usage {
	double cpu;           /* seconds of processor time */
	int64_t memory;       /* bytes */
	int64_t memory_limit; /* bytes; negative also without a limit */
	int64_t processes;
};

/* Reads it for the group with this path ("ct/ps_42002"). */
struct usage usage_read(const char *path);

/* The directory of the group: on cgroup v1 that of the pids controller. NULL: nothing is mounted. */
char *usage_dir(const char *path);

#endif
