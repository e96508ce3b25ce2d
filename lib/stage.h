/*
 * The stages of a run, in their order: one table, walked by the supervisor
 * (prepare, grant, undo) and by the container's first process (enter, seal).
 *
 *	supervisor:	prepare all, clone, grant all, hear READY, (publish,) release all, say EXECUTE
 *	first process:	enter all, seal all, say READY, hear EXECUTE, execve
 *
 * enter builds, seal gives rights up: no enter comes after a seal.
 * What needs the host's rights is done by the supervisor before the process
 * exists (prepare) or once it has a pid (grant); it hands over detached mounts.
 */
#ifndef CT_STAGE_H
#define CT_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "idmap.h"
#include "limit.h"
#include "plan.h"
#include "program.h"
#include "store.h"
#include "streams.h"

struct err;

/* A mount that the supervisor handed over, or (options: it is a tmpfs) that the first process makes. */
struct handed {
	int fd;
	bool device;
	char *target, *options;
};

/* One run of one container, as its stages see it. */
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
	struct handed *handed;
	size_t handed_n;
	struct program program;
};

struct stage {
	const char *name;
	uint64_t clone_flag;		/* a namespace that clone3(2) makes; 0: none */
	bool (*wanted)(const struct plan *);	/* NULL: always */
	int (*prepare)(struct run *, struct err *);
	int (*grant)(struct run *, struct err *);
	int (*enter)(struct run *, struct err *);
	int (*seal)(struct run *, struct err *);
	int (*release)(struct run *, struct err *);
	void (*undo)(struct run *);
};

extern const struct stage stages[];	/* ends with a NULL name */

/* In the first process, which frees nothing: it executes. */
void run_add_handed(struct run *r, const struct handed *h);

bool stage_is_wanted(const struct stage *s, const struct plan *plan);

#endif
