/*
 * One run of one container, as its stages see it: what was given, what the
 * supervisor holds, and what the first process holds (a copy of all, which it
 * changes alone, since it is another process).
 */
#ifndef CT_RUN_H
#define CT_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "container/filetree.h"
#include "kernel/cgroup.h"
#include "kernel/idmap.h"
#include "log/streams.h"
#include "net/endpoint.h"
#include "net/port.h"
#include "run/program.h"
#include "store/plan.h"
#include "store/store.h"

struct run {
	/* Given. */
	const struct store *store; /* NULL: a bare run (barerun.h), of which nothing is recorded */
	const struct plan *plan;
	const char *id, *hostname; /* hostname NULL: as it is */
	int image;                 /* the image's root directory; -1 with plan->rootfs */
	int home;           /* where the container's snapshot goes (its draft or its directory) */
	bool make_snapshot; /* false: it has one from an earlier run */
	bool input;         /* the user's stdin is attached */
	sigset_t mask;      /* of a bare run: the caller's */
	struct strv *notes; /* what the user should be told */

	/* The supervisor's. */
	char *group_path;
	struct cgroup_group group;
	struct idmap map;
	int ids;              /* what holds its range of host ids (hostslot.h); -1 */
	int files;            /* CT_RUN/ps_N */
	int rootfs;           /* the container's root directory, from outside */
	bool mounts_in_child; /* there is no privileged supervisor: the first process makes all
				 mounts */
	struct filetree tree; /* what is mounted, prepared mounts in it (in the first process) */
	int userns;           /* its user namespace; -1: the host's */
	struct {
		struct netlink *rtnl;
		struct endpoint member;
		struct ports ports;
		int control; /* portctl.h; -1 */
		int shared,
			shared_user; /* another container's namespaces that it is to be in; -1 */
	} net;                       /* its end on a network, if it has one (netstage.h) */
	struct streams streams;
	int channel; /* to the first process (and, in it, to the supervisor) */
	pid_t pid;
	int pidfd;

	/* The first process's. */
	int root, host, dev, terminal;
	struct program program;
};

#endif
