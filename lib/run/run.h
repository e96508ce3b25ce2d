/*
 * One run of one container, as its stages see it, by owner: what was asked, what both processes
 * know, what the supervisor holds, what the first process holds. The first process has a copy of
 * all from the moment it is cloned; what it changes, it changes for itself.
 */
#ifndef CT_RUN_H
#define CT_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "container/etcshare.h"
#include "container/filetree.h"
#include "container/treemount.h"
#include "kernel/cgroup.h"
#include "kernel/idmap.h"
#include "log/streams.h"
#include "net/endpoint.h"
#include "net/port.h"
#include "run/program.h"
#include "store/plan.h"
#include "store/store.h"

/* What the supervisor holds until the end of the run. */
struct run_supervisor {
	char *group_path; /* its cgroup */
	struct cgroup_group group;
	bool snapshot_begun;       /* and not finished (snapstage.h) */
	int ids;                   /* the claim of its range of host ids (hostslot.h); -1 */
	int files;                 /* CT_RUN/ps_N */
	int etc;                   /* the file system of the files of its /etc (etcdir.h) */
	int shared_etc[ETC_FILES]; /* mounts of another container's files (etcshare.h); -1 */
	struct {
		struct netlink *rtnl;
		struct endpoint member;
		struct ports ports;
		int control;     /* portctl.h; -1 */
		int shared;      /* another container's network namespace that it is to be in; -1 */
		int shared_user; /* likewise its user namespace */
	} net;                   /* its endpoint on a network, if it has one (netstage.h) */
	struct streams streams;
	pid_t pid; /* the first process */
	int pidfd;
};

/* What the first process builds. */
struct run_first {
	struct treeplace place; /* where its file tree is mounted */
	struct program program;
};

struct run {
	/* Asked: set by the caller, and constant. */
	const struct store *store; /* NULL: a bare run (barerun.h), of which nothing is recorded */
	const struct plan *plan;
	const char *id, *hostname; /* hostname NULL: as it is */
	int image;                 /* the image's root directory; -1 with plan->rootfs */
	int home;           /* where the container's snapshot goes (its draft or its directory) */
	bool make_snapshot; /* false: it has one from an earlier run */
	bool input;         /* the user's stdin is attached */
	sigset_t mask;      /* of a bare run: the caller's */
	struct strv *notes; /* what the user should be told */

	/* Known to both processes. */
	struct idmap map;
	int rootfs;           /* the container's root directory, from outside */
	int userns;           /* its user namespace; -1: the host's */
	bool mounts_in_child; /* there is no privileged supervisor: the first process makes all
				 mounts */
	struct filetree tree; /* what is mounted, prepared mounts in it (in the first process) */
	int channel;          /* to the other process */

	struct run_supervisor supervisor;
	struct run_first first;
};

/* Completes a run of which what is asked was set; nothing is open yet. */
void run_begin(struct run *r);
/* Opens what its stages share: the list of what is mounted; of a recorded run its directory in
 * CT_RUN, and the file system for its files of /etc. */
int run_open(struct run *r, struct err *e);
/* Closes and frees what this process holds of it, and undoes nothing. */
void run_end(struct run *r);

#endif
