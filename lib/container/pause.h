/*
 * Freezes a running container while ct-commit takes its snapshot. The freezing process holds a lock
 * on CT_RUN/ps_N/pause. The file contains a byte as long as the container may be frozen by that
 * process. If the process is killed, the next command that opens the container thaws it.
 */
#ifndef CT_PAUSE_H
#define CT_PAUSE_H

#include <stdbool.h>

#include "kernel/freezer.h"

struct err;
struct proc_id;

struct pause {
	int run;
	char path[64]; /* path of the mark */
	int mark;
	struct freezer freezer;
	bool ours; /* this process froze the container: it was not frozen before */
};

/*
 * Returns when every process of the container is frozen. group: the cgroup, from container_group.
 * Waits for another process that is doing this. If the container has ended, that is success. A
 * container that its user froze stays frozen after pause_end.
 */
int pause_begin(int run, const char *id, const char *group, struct pause *p, struct err *e);
/* Needs only the descriptors that pause_begin opened. */
int pause_end(struct pause *p, struct err *e);

/* Thaws the container if the process that froze it for a snapshot was killed. */
void pause_settle(int run, const char *id, const char *group);

/*
 * Freezes a running container until pause_stop, or thaws it: what its user asks for. Waits for a
 * process that is taking a snapshot. e->sys EALREADY: it is frozen already (or not frozen); ESRCH:
 * it has ended.
 */
int pause_start(int run, const char *id, const char *group, struct err *e);
int pause_stop(int run, const char *id, const char *group, struct err *e);

/* Whether the user froze the container. If another process is taking a snapshot, waits for it
 * first. */
bool pause_by_user(int run, const char *id, const char *group);
/*
 * Thaws a container whose supervisor was killed, and waits until its first process is gone: false
 * after ms milliseconds. The first process gets a parent-death signal, but on cgroup v1 a frozen
 * process does not die of it, and a supervisor that is killed while it kills (cgroup_kill) leaves
 * its container frozen.
 */
bool pause_end_orphan(const struct proc_id *first, const char *group, int ms);

/* Whether the container is frozen now, by any process. */
bool pause_is_frozen(const char *group);

#endif
