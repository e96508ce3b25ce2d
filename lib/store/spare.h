/*
 * Spare snapshots: CT_ROOT/img_N/spare/K is a directory with a snapshot `rootfs` of the image, made
 * ahead of the container that will have it. A snapshot waits for a commit of the file system; a
 * spare is claimed by one rename, as the draft of a container.
 *
 * Runs make the spares. Commits disturb all other work on the file system, so spares are made
 * together, in one commit, by the run that claims the last one: twice as many as there were, at
 * most SPARES. They are part of the image's directory, so they go with it when the image is removed
 * or replaced.
 *
 * The lock on img_N/spare is shared by all processes that claim or make spares, and exclusive for
 * the removal of the image. spare/K.new is a spare that is being made; its maker has locked it.
 * Makers also share the lock on CT_RUN until they have closed the store (store_down).
 */
#ifndef CT_SPARE_H
#define CT_SPARE_H

#include <sys/types.h>

#include "store/draft.h"
#include "store/image.h"

struct err;

enum { SPARES = 16 };

/* What one run has to do with the spares of its image. {0}: nothing. */
struct spares {
	const struct image *image;
	bool claimed; /* the run has a spare */
	int wanted;   /* the number of spares to make */
};

/* Makes a spare the draft d, with `rootfs` in it. False: there is none. */
bool spare_claim(struct spares *sp, const struct store *s, struct draft *d);

/*
 * Once the program pid runs: has the kernel read the file of the program in the next spare, for a
 * run of the same program. If spares are wanted, makes them in a child process, which the caller
 * does not wait for: monitor_run reaps it.
 */
void spare_prepare(const struct spares *sp, const struct store *s, pid_t pid);

#endif
