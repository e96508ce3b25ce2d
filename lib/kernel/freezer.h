/*
 * The freezer of a cgroup: its processes do not run until they are thawed. After freezer_open
 * neither freezing nor thawing needs memory, a descriptor or a path.
 */
#ifndef CT_FREEZER_H
#define CT_FREEZER_H

#include <stdbool.h>

struct err;

struct freezer {
	int control; /* v1: freezer.state, v2: cgroup.freeze; -1: not open */
	int state;   /* source of the state: v1: freezer.state, v2: cgroup.events */
	bool v2;
};

#define FREEZER_NONE                       \
	{                                  \
		.control = -1, .state = -1 \
	}

/* e->sys is ENOENT if the cgroup does not exist. Call hierarchy_find first. */
int freezer_open(const char *group, struct freezer *f, struct err *e);
void freezer_close(struct freezer *f);
#define own_freezer __attribute__((cleanup(freezer_close)))

/*
 * Freezes the cgroup and returns when no process in it runs. On failure, and after ms
 * milliseconds, the cgroup is thawed again.
 */
int freezer_freeze(const struct freezer *f, int ms, struct err *e);
/* Thaws the cgroup. A deleted cgroup is success. */
int freezer_thaw(const struct freezer *f, struct err *e);
/* Also true if a parent cgroup is frozen; false if the state cannot be read. */
bool freezer_is_frozen(const struct freezer *f);

#endif
