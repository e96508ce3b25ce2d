/*
 * The state of one run, grouped by owner: the request, the state that both processes know, the
 * supervisor's, the first process's. The first process has a copy of all of it from the clone on;
 * its changes are not seen by the supervisor. */
#ifndef CT_RUN_H
#define CT_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "container/filetree.h"
#include "container/mountshare.h"
#include "container/treemount.h"
#include "kernel/cgroup.h"
#include "kernel/idmap.h"
#include "log/streams.h"
#include "net/endpoint.h"
#include "net/port.h"
#include "run/otherns.h"
#include "run/program.h"
#include "store/plan.h"
#include "store/spare.h"
#include "store/store.h"

/* The supervisor holds these until the end of the run. */
struct run_supervisor {
	char *group_path; /* its cgroup */
	struct cgroup_group group;
	bool snapshot_begun; /* and not finished (snapstage.h) */
	int ids;             /* the claim of its range of host ids (hostslot.h); -1 */
	int files;           /* CT_RUN/ps_N */
	int etc;             /* the file system with the files of the container's /etc (etcdir.h) */
	int shared_etc[ETC_FILES]; /* mounts of another container's files (mountshare.h); -1: none */
	int shared_shm;            /* the same of its /dev/shm (mountshare.h) */
	struct {
		struct netlink *rtnl;
		struct endpoint member;
		struct ports ports;
		int control;   /* the socket of portctl.h; -1: none */
	} net;                 /* its endpoint on a network, if it has one (netstage.h) */
	struct otherns others; /* namespaces of other processes, which the first process joins */
	struct streams streams;
	pid_t pid; /* the first process */
	int pidfd;
};

/* The first process makes these. */
struct run_first {
	struct treeplace place; /* where its file tree is mounted */
	pid_t pid;              /* its own, as the host sees it, for the hooks of a bundle */
	struct program program;
	struct buf filter; /* of the user: --security-opt seccomp=FILE */
};

struct err;
struct message;
struct stage;
struct run {
	/* The request: set by the caller, and constant. */
	const struct store *store; /* NULL: a bare run (barerun.h) */
	const struct plan *plan;
	const char *id, *hostname; /* hostname NULL: unchanged */
	int image;                 /* the image's root directory; -1 with plan->rootfs */
	int home;              /* the directory for the snapshot: the draft or the container's */
	bool make_snapshot;    /* false: the container has a snapshot of an earlier run */
	struct spares *spares; /* it may have a claimed spare instead (spare.h); NULL: it has not */
	bool input;            /* the user's stdin is attached */
	sigset_t mask;         /* for a bare run: the caller's */
	struct strv *notes;    /* messages for the user */
	const struct stage *stages; /* NULL: the table of stage.h */
	int state; /* of an OCI bundle: the directory of its socket `start`; -1: none */
	int (*await)(struct run *, const struct message *, struct err *); /* before execve(2) */

	/* Known to both processes. */
	struct idmap map;
	int rootfs;           /* the container's root directory, opened on the host */
	int userns;           /* the container's user namespace; -1: the host's */
	bool mounts_in_child; /* there is no privileged supervisor: the first process makes all
				 mounts */
	struct filetree tree; /* the list of mounts; in the first process with received mounts */
	int channel;          /* the socket to the other process */
	int start;            /* the socket on which a bundle waits for its start; -1: none */

	struct run_supervisor supervisor;
	struct run_first first;
};

/* Initialises a run whose request is set. Opens nothing. */
void run_begin(struct run *r);
/* Prepares the state that the stages share: the list of mounts; for a recorded run also its
 * directory in CT_RUN and the file system for its files of /etc. */
int run_open(struct run *r, struct err *e);
/* Closes and frees the state of this process; undoes nothing. */
void run_end(struct run *r);

#endif
