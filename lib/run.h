/*
 * One run of one container, as its stages see it: what was given, what the
 * supervisor holds, and what the first process holds (a copy of all, which it
 * changes alone, since it is another process).
 */
#ifndef CT_RUN_H
#define CT_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fixture.h"
#include "idmap.h"
#include "limit.h"
#include "plan.h"
#include "program.h"
#include "store.h"
#include "streams.h"

struct run {
	/* Given. */
	const struct store *store;
	const struct plan *plan;
	const char *id, *hostname;
	int image;			/* the image's root directory; -1 with plan->rootfs */
	int home;			/* where the container's snapshot goes (its draft or its directory) */
	bool make_snapshot;		/* false: it has one from an earlier run */
	bool input;			/* the user's stdin is attached */
	struct strv *notes;		/* what the user should be told */

	/* The supervisor's. */
	char *group_path;
	struct limit_group group;
	struct idmap map;
	int files;			/* CT_RUN/ps_N */
	int rootfs;			/* the container's root directory, from outside */
	int userns;			/* its user namespace; -1: the host's */
	struct streams streams;
	int channel;			/* to the first process (and, in it, to the supervisor) */
	pid_t pid;
	int pidfd;

	/* The first process's. */
	int root_mount, root, host, dev, terminal;
	struct fixtures fixtures;	/* what was handed over, and what it makes itself */
	struct program program;
};

#endif
