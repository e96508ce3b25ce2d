/*
 * A running container stands still for as long as ct-commit takes its snapshot.
 * CT_RUN/ps_N/pause is locked by the process that does this and holds a byte as long
 * as the container may be frozen by it: if such a process dies, the next
 * command that looks at the container thaws it.
 */
#ifndef CT_PAUSE_H
#define CT_PAUSE_H

#include <stdbool.h>

#include "kernel/freezer.h"

struct err;

struct pause {
	int run;
	char path[64]; /* of the mark */
	int mark;
	struct freezer freezer;
	bool ours; /* it was not frozen before */
};

/*
 * Returns when every process of the container (its group: container_group) stands still. Waits for
 * another process that does this just now. Success also if the container has ended. A container
 * that its user froze stays frozen after pause_end.
 */
int pause_begin(int run, const char *id, const char *group, struct pause *p, struct err *e);
/* Needs nothing but the descriptors that pause_begin opened. */
int pause_end(struct pause *p, struct err *e);

/* Thaws the container if the process that froze it for a snapshot has died. */
void pause_settle(int run, const char *id, const char *group);

/* Whether its user froze the container; while another process takes a snapshot, waits for that
 * process. */
bool pause_by_user(int run, const char *id, const char *group);
/* Whether the container is frozen now, by whomever. */
bool pause_is_frozen(const char *group);

#endif
