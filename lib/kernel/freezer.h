/*
 * The freezer of a control group: the processes in the group stand still until they
 * are thawed. Its files are opened first; after that neither freezing nor thawing
 * needs memory, a descriptor or a path.
 */
#ifndef CT_FREEZER_H
#define CT_FREEZER_H

#include <stdbool.h>

struct err;

struct freezer {
	int control; /* v1: freezer.state, v2: cgroup.freeze; -1: not open */
	int state;   /* where the state is read: v1: freezer.state, v2: cgroup.events */
	bool v2;
};

#define FREEZER_NONE                       \
	{                                  \
		.control = -1, .state = -1 \
	}

/* e->sys is ENOENT if there is no such group. hierarchy_find was called before. */
int freezer_open(const char *group, struct freezer *f, struct err *e);
void freezer_close(struct freezer *f);
#define own_freezer __attribute__((cleanup(freezer_close)))

/* Returns when every process in the group stands still. On failure, also after ms, the group is
 * thawed. */
int freezer_freeze(const struct freezer *f, int ms, struct err *e);
/* Success also if the group has gone. */
int freezer_thaw(const struct freezer *f, struct err *e);
/* Also of a group above it; false if that cannot be read. */
bool freezer_is_frozen(const struct freezer *f);

#endif
