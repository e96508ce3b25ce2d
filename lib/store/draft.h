/* Objects of the store (images, containers, volumes) that are being made, and their end. */
#ifndef CT_DRAFT_H
#define CT_DRAFT_H

#include "store/handle.h"
#include "store/ids.h"

struct err;

/*
 * Deletes what crashes left: drafts under tmp/ that no living process holds, and names
 * that lead to nothing. store_open(STORE_UP) does it.
 */
int draft_sweep(const struct store *s, struct err *e);

/*
 * A draft: a directory under tmp/ that this process holds a lock on. What a
 * crash leaves of it is swept by the next store_open(STORE_UP).
 */
struct draft {
	char name[ID_LEN + 8]; /* "tmp/..." beneath CT_ROOT */
	int dir;               /* the directory, and the lock on it; -1: none */
};

int draft_begin(const struct store *s, struct draft *d, struct err *e);
/*
 * The draft becomes the object `id`, by one rename. With a name, that name is
 * taken for it in the same step under the store's lock: for a container it
 * must be free (e->sys EEXIST if not), for an image it moves (names.h).
 *
 * What an image holds must be on disk before (syncfs). Its appearance is on disk
 * when this succeeds; on failure it has not appeared, and its name means what it meant.
 * A container's appearance is not waited for: a power cut may undo it.
 *
 * On success d->dir is closed, and with it the lock; draft_drop does nothing then.
 */
int draft_publish(const struct store *s, struct draft *d, const char *id, const char *name,
		  struct err *e);
/*
 * The draft and the existing object `id` change places in one step, on disk when this succeeds;
 * on failure the old one is where it was. The old one is deleted (by a later sweep, if another
 * process has a lock on it). As above otherwise.
 */
int draft_exchange(const struct store *s, struct draft *d, const char *id, struct err *e);
/* Deletes the draft, if it was not published. */
void draft_drop(const struct store *s, struct draft *d);

/*
 * Takes the object out of sight in one step (name included), then deletes it. Absent is success.
 * On a full file system it may have to be deleted where it stands.
 */
int draft_unpublish(const struct store *s, const char *id, struct err *e);

#endif
