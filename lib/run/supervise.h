/*
 * A run from its plan to its end: made, published, executed, watched, cleared
 * away. Whatever fails before the program runs leaves nothing.
 */
#ifndef CT_SUPERVISE_H
#define CT_SUPERVISE_H

#include <stdbool.h>

#include "store/plan.h"
#include "store/store.h"

struct err;

struct supervise {
	/* Given. */
	const struct store *store;
	struct plan *plan;
	int image;     /* root directory of the image; -1 with plan->rootfs */
	bool attached; /* the caller's 0, 1, 2 are the user's; else output goes to the log alone */
	bool input;    /* its stdin is the caller's, not /dev/null */
	bool remove;   /* remove the container at its end */
	bool again;    /* `id` is a stopped container, to run once more on its own snapshot */
	/* Called once the program runs, for what is to be told then; a failure of it ends the
	 * container, and a new one goes. */
	int (*started)(struct supervise *l, struct err *e);
	void *arg;

	/* Told (with again: given). */
	char id[ID_LEN];
	struct strv notes; /* what the user should be told */

	int report; /* tells the caller of the start (background.h); -1: nobody waits */
};

/*
 * Gives the container's status as a shell would, or -1: it did not run, with
 * e->status 125, 126 or 127. Signals are blocked from here on.
 */
int supervise_run(struct supervise *l, struct err *e);

/*
 * The same as supervise_run in a child of the caller that stays behind as the supervisor.
 * Gives 0 with l->id set once the program runs (and `started` has been called,
 * in the child), or -1 as supervise_run does.
 */
int supervise_background(struct supervise *l, struct err *e);

#endif
