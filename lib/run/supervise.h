/*
 * A run from its plan to its end: makes, publishes, executes, watches and cleans up a container. A
 * failure before the program runs leaves nothing.
 */
#ifndef CT_SUPERVISE_H
#define CT_SUPERVISE_H

#include <stdbool.h>

#include "store/plan.h"
#include "store/spare.h"
#include "store/store.h"

struct err;

struct supervise {
	/* Set by the caller. */
	const struct store *store;
	struct plan *plan;
	int image;            /* root directory of the image; -1 with plan->rootfs */
	struct spares spares; /* of the image; {0}: make a snapshot */
	bool attached;        /* relay the caller's 0, 1, 2; false: output goes only to the log */
	bool input;           /* the program's stdin is the caller's, not /dev/null */
	bool remove;          /* remove the container at its end */
	bool again;           /* restart the stopped container `id` on its own snapshot */
	/* Called once the program runs. On its failure the container is ended; a new container is
	 * also removed. */
	int (*started)(struct supervise *l, struct err *e);
	void *arg;
	/* Called with the container's name or id when the program ignores Ctrl-C; or NULL. */
	void (*stubborn)(const char *container);

	/* Set by supervise_run, or before: for a restart, or to a new id (store_new_id). */
	char id[ID_LEN];
	struct strv notes; /* messages for the user */

	int report; /* descriptor for background_leave (background.h); -1: no caller waits */
};

/*
 * Returns the container's exit status, as in a shell. -1: the program did not run; e->status is
 * 125, 126 or 127. Leaves all signals blocked.
 */
int supervise_run(struct supervise *l, struct err *e);

/*
 * Like supervise_run, in a child process that stays as the supervisor. Returns 0 with l->id once
 * the program runs (`started` is called in the child), or -1 as supervise_run does.
 */
int supervise_background(struct supervise *l, struct err *e);

#endif
