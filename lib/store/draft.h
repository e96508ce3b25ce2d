/*
 * Drafts: images, containers and volumes that are being made. Also: their
 * publication and removal.
 */
#ifndef CT_DRAFT_H
#define CT_DRAFT_H

#include "store/handle.h"
#include "store/ids.h"

struct err;

/*
 * Deletes what killed processes left: drafts under tmp/ whose lock no process holds, and names
 * of missing objects. store_open(STORE_UP) calls it.
 */
int draft_sweep(const struct store *s, struct err *e);

/*
 * A draft: a directory under tmp/ that this process has locked. After a crash the next
 * store_open(STORE_UP) sweeps it.
 */
struct draft {
	char name[ID_LEN + 8]; /* "tmp/..." beneath CT_ROOT */
	int dir;               /* descriptor of the directory, which holds the lock; -1: none */
};

int draft_begin(const struct store *s, struct draft *d, struct err *e);
/* Moves the directory `name` beneath `from` to tmp/ as a draft. */
int draft_adopt(const struct store *s, int from, const char *name, struct draft *d, struct err *e);
/*
 * Publishes the draft as object `id` by one rename. A name is assigned in the same step under
 * the store's lock: a container's name must be free (otherwise e->sys is EEXIST), an image's
 * name moves (names.h).
 *
 * The caller writes an image's data to disk first (syncfs). On success the image's directory
 * entry is on disk too; on failure the image has not appeared, and its name is unchanged. For a
 * container nothing waits for the disk: a power cut may undo its appearance.
 *
 * On success d->dir is closed, which releases the lock; draft_drop does nothing then.
 */
int draft_publish(const struct store *s, struct draft *d, const char *id, const char *name,
		  struct err *e);
/*
 * Exchanges the draft and the existing object `id` in one step, which is on disk on success. On
 * failure the old object stays in place. The old object is deleted, or left to a later sweep if
 * another process has locked it. Otherwise like draft_publish.
 */
int draft_exchange(const struct store *s, struct draft *d, const char *id, struct err *e);
/* Deletes the draft unless it was published. */
void draft_drop(const struct store *s, struct draft *d);

/*
 * Hides the object and its names in one step, then deletes it. A missing object is success. On
 * a full file system it may have to be deleted in place.
 */
int draft_unpublish(const struct store *s, const char *id, struct err *e);

#endif
