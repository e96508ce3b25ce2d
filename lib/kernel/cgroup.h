/*
 * The control group of a container, on cgroup v1 (each controller a hierarchy
 * of its own), v2, or v1 beside an empty v2. libcgroup discovers, creates,
 * sets, reads and deletes; joining is by hand, because cgroup_attach_task
 * writes a pid and that waits for a grace period of the kernel (ms), where a
 * process that writes "0" for itself, or is cloned into the group, does not.
 */
#ifndef CT_CGROUP_H
#define CT_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/cgroup_limits.h"
#include "kernel/freezer.h"

struct err;

enum { CGROUP_CONTROLLERS = 12 };
/* A group that exists, open so that a process can join it. */
struct cgroup_group {
	char path[200];             /* "ct/ps_42002" */
	int v1[CGROUP_CONTROLLERS]; /* `tasks` of each v1 hierarchy it is in */
	int v1_n;
	int v2; /* its directory on v2, for CLONE_INTO_CGROUP; -1: none */
};

/*
 * Makes the group (and its parent, if there is none) in every hierarchy that
 * has a controller ct uses, with the limits set. A limit that was asked for and
 * that this kernel cannot hold is an error that names it; nothing is left then.
 */
int cgroup_create(const char *path, const struct limits *want, struct cgroup_group *g,
		  struct err *e);
/* Opens a group that exists. */
int cgroup_open(const char *path, struct cgroup_group *g, struct err *e);
void cgroup_close(struct cgroup_group *g);

/* In a process that was not cloned into it: joins the group (v1 by `tasks`, v2 by cgroup.procs). */
int cgroup_join(const struct cgroup_group *g, bool v2_too, struct err *e);

/* Opens its freezer. e->sys is ENOENT if there is no such group. */
int cgroup_freezer(const char *path, struct freezer *f, struct err *e);
int cgroup_thaw(const char *path, struct err *e); /* absent is success */
/* Kills all in it, frozen or not, and returns when none is left. Absent is success. */
int cgroup_kill(const char *path, struct err *e);
/* Deletes the group everywhere, and its parent if ct made that and it is empty now. Absent is
 * success. */
int cgroup_delete(const char *path, struct err *e);
/*
 * Deletes groups "PARENT/PREFIX..." that have been empty for a minute or so: of runs that were
 * killed before they could. Whose a group in use is cannot be told, so it stays.
 */
void cgroup_sweep(const char *parent, const char *prefix);
/* How often the kernel killed something in it for want of memory; 0 if that cannot be known. */
uint64_t cgroup_oom_kills(const char *path);

#endif
