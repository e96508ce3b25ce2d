/*
 * The cgroup of a container, on cgroup v1 (a hierarchy for each controller), v2, or v1 beside a v2
 * hierarchy without controllers.
 *
 * A process joins by writing "0" for itself, or is cloned into the cgroup: writing the pid of
 * another process waits for a grace period of the kernel (milliseconds).
 */
#ifndef CT_CGROUP_H
#define CT_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/cgroup_limits.h"
#include "kernel/freezer.h"

struct err;

enum { CGROUP_CONTROLLERS = 14 };
/* An existing cgroup, with the descriptors that a process needs to join it. */
struct cgroup_group {
	char path[200];             /* "ct/ps_42002" */
	int v1[CGROUP_CONTROLLERS]; /* its `tasks` file in each v1 hierarchy */
	int v1_n;
	int v2; /* its directory in the v2 hierarchy, for CLONE_INTO_CGROUP; -1: none */
};

/*
 * Makes the cgroup, and missing parents, in every hierarchy that has a controller ct uses, and
 * sets its limits. A requested limit that this kernel does not support is an error that names
 * the limit; the cgroup is removed again.
 */
int cgroup_create(const char *path, const struct limits *want, struct cgroup_group *g,
		  struct err *e);
/* Opens an existing cgroup. */
int cgroup_open(const char *path, struct cgroup_group *g, struct err *e);
void cgroup_close(struct cgroup_group *g);

/*
 * Moves the calling process into the cgroup (v1: `tasks`, v2: cgroup.procs). v2_too: false if
 * clone3(2) has already placed it in the v2 cgroup.
 */
int cgroup_join(const struct cgroup_group *g, bool v2_too, struct err *e);

/* Opens the cgroup's freezer. e->sys is ENOENT if the cgroup does not exist. */
int cgroup_freezer(const char *path, struct freezer *f, struct err *e);
int cgroup_thaw(const char *path, struct err *e); /* a missing cgroup is success */
/*
 * Kills all processes in the cgroup, frozen or not, and returns when none is left. A
 * missing cgroup is success.
 */
int cgroup_kill(const char *path, struct err *e);
/* How many processes are in the cgroup and those below it; a missing cgroup has none. */
int cgroup_processes(const char *path, struct err *e);
/*
 * Deletes the cgroup in every hierarchy, and its empty parents that ct made. A
 * missing cgroup is success.
 */
int cgroup_delete(const char *path, struct err *e);
/* cgroup_kill and cgroup_delete, with few system calls if its processes have ended already. */
int cgroup_end(const char *path, struct err *e);
/*
 * Deletes cgroups "PARENT/PREFIX..." that have been unchanged for a minute and are empty: the
 * cgroups of runs that were killed. The owner of a cgroup in use is unknown, so it stays.
 */
void cgroup_sweep(const char *parent, const char *prefix);
/* How many processes of the cgroup the OOM killer has killed; 0 if unknown. */
uint64_t cgroup_oom_kills(const char *path);

#endif
