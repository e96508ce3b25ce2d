/*
 * Spare snapshots: CT_ROOT/img_N/spare/K is a directory with a snapshot `rootfs` of the image, made
 * before the container that will use it. A snapshot waits for a commit of the file system; a run
 * claims a spare by one rename, as the draft of its container.
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

/* The spares of an image, for one run. {0}: the run neither claims nor makes one. */
struct spares {
	const struct image *image;
	bool claimed;       /* the run has a spare */
	int wanted;         /* the number of spares that the run makes */
	char warm_for[256]; /* the program whose files were read ahead in the spares; "": none */
};

/* Turns a spare into the draft d, which then has `rootfs`. False: there is no spare. */
bool spare_claim(struct spares *sp, const struct store *s, struct draft *d);

/*
 * Call it once process pid has executed its program. Makes the wanted spares, in a child process
 * that monitor_run reaps; the child then reads the files of the program ahead in all spares: its
 * own file and those that it has mapped, which are the libraries that it loads at its start. The
 * next runs often execute the same program. If they execute another one, each reads that program's
 * own file ahead in the spare that the next run claims.
 */
void spare_prepare(const struct spares *sp, const struct store *s, pid_t pid);

#endif
