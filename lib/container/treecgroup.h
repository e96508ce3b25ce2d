/*
 * The mount of type "cgroup" of an OCI bundle: the container's own cgroup, as this host has
 * cgroups. On v1 and hybrid hosts that is a tmpfs with one directory for each hierarchy.
 */
#ifndef CT_TREECGROUP_H
#define CT_TREECGROUP_H

#include "container/filetree.h"

/* Runs in the first process, which is in its cgroup and, if it has one, in its cgroup namespace. */
int treecgroup_mount(const struct fsentry *entry, int root, int host, struct err *e);

#endif
