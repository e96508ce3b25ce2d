/*
 * The mounted cgroup hierarchies: on v1 one for each controller (or for a few together), on v2
 * one for all controllers, on some hosts both. A value is set by one open(2) and write(2), where
 * libcgroup would read the table of mounts each time; its tools (lscgroup, cgget) see what is made
 * here. cgroup.h gives the cgroups their meaning.
 *
 * A cgroup is named by its path beneath the mount point of a hierarchy: "ct/ps_42002". A
 * controller has the kernel's name: "memory", "cpuset", "freezer". Functions that return int
 * return 0, or -1 with errno. See cgroups(7).
 */
#ifndef CT_HIERARCHY_H
#define CT_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { HIERARCHIES = 14 };

struct hierarchy {
	char mount[256];
	bool v2;
	const char *controllers[HIERARCHIES]; /* those that ct uses; at least one */
	size_t n;
};

/*
 * Finds the hierarchies with a controller that ct uses, once in a process. Call it before any
 * other function of this header. Returns their number, 0 if none is mounted, or -1 with e set.
 */
int hierarchy_find(const struct hierarchy **all, struct err *e);

/* Before hierarchy_find: it also finds hierarchies with controllers that only OCI bundles use
 * (hugetlb, net_cls, net_prio, rdma, misc). */
void hierarchy_want_all(void);
/* Whether it was called: the cgroups are those of OCI bundles. */
bool hierarchy_wants_all(void);

/* The mount point of a hierarchy that is mounted read-only; NULL if there is none. */
const char *hierarchy_read_only(void);

/* The hierarchy of a controller, or NULL. */
const struct hierarchy *hierarchy_of(const char *controller);

/* "/sys/fs/cgroup/memory/ct/ps_42002/tasks", or the cgroup's directory if file is NULL. */
char *hierarchy_path(const struct hierarchy *h, const char *group, const char *file);

/*
 * Makes the cgroup and its missing parents in every hierarchy, with all controllers available
 * there. An existing cgroup is success. hierarchy_prune recognises the cgroups made here.
 */
int hierarchy_make(const char *group);

/*
 * Removes the cgroup from every hierarchy where it has neither processes nor child cgroups. -1:
 * it is still in a hierarchy (EBUSY: has some). A missing cgroup is success.
 */
int hierarchy_remove(const char *group);

/* Removes the cgroup from the hierarchies where hierarchy_make made it and it is empty. */
void hierarchy_prune(const char *group);

/* Writes a value. ENOENT: no such controller, cgroup or file. */
int hierarchy_set(const char *controller, const char *group, const char *file, const char *value);

/* Reads a value, which may have several lines, without its last newline; truncated to size. */
int hierarchy_get(const char *controller, const char *group, const char *file, char *value,
		  size_t size);

#endif
