/*
 * The mounted trees of control groups: on cgroup v1 a tree for each controller
 * (or a few together), on v2 one for all, on some hosts both. Everything
 * here is done by libcgroup; what a group is for is cgroup.h's.
 *
 * A group is named by its path beneath a tree's mount point: "ct/ps_42002".
 * A controller is named as the kernel names it: "memory", "cpuset", "freezer".
 * Functions that return int give 0, or -1 with errno. See cgroups(7).
 */
#ifndef CT_HIERARCHY_H
#define CT_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { HIERARCHIES = 12 };

struct hierarchy {
	char mount[256];
	bool v2;
	const char *controllers[HIERARCHIES]; /* those ct uses; there is at least one */
	size_t n;
};

/*
 * The trees that hold a controller ct uses, found once in a process; the rest
 * of this header may be called after it. How many they are, 0 if none is
 * mounted, or -1 with e set.
 */
int hierarchy_find(const struct hierarchy **all, struct err *e);

/* Where a tree is mounted read-only; NULL: nowhere. */
const char *hierarchy_read_only(void);

/* The tree that has this controller, or NULL. */
const struct hierarchy *hierarchy_of(const char *controller);

/* "/sys/fs/cgroup/memory/ct/ps_42002/tasks", or the group's directory without a file's name. */
char *hierarchy_path(const struct hierarchy *h, const char *group, const char *file);

/*
 * Makes the group, and the groups above it that are missing, in every tree,
 * each with all controllers that can be had there. One that exists is success.
 * What is made here can be told from what others make: see hierarchy_prune.
 */
int hierarchy_make(const char *group);

/*
 * Tries to remove the group from every tree where it has neither processes nor
 * groups beneath it; whether that went well everywhere has to be looked up.
 */
void hierarchy_remove(const char *group);

/* Removes the group from the trees where it was made by hierarchy_make and is empty. */
void hierarchy_prune(const char *group);

/* Writes a value; ENOENT: there is no such controller, group or file. */
int hierarchy_set(const char *controller, const char *group, const char *file, const char *value);

/* Reads a value, several lines maybe, without its last newline, cut to fit. */
int hierarchy_get(const char *controller, const char *group, const char *file, char *value,
		  size_t size);

#endif
