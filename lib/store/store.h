/*
 * The store: images and containers on btrfs.
 *
 *	CT_ROOT/			0700, a subvolume of its own
 *	  format			"1": the layout described here
 *	  img_N/, ps_N/, vol_N/		one object each: `config` (a record), `rootfs` (its
 *					subvolume), `log`, ...; replaced as a whole by rename
 *	  names/img/NAME, names/ps/NAME	links to ids (names.h)
 *	  counters			the next number of each kind (ids.h)
 *	  layers/, blobs/		parts of images (layerstore.h, blobs.h)
 *	  tmp/				drafts; drafts without a living lock holder are garbage
 *	CT_RUN/				run-time state, lost at reboot, 0700
 *	  ps_N/				the state of a running container
 *
 * If CT_ROOT is not on btrfs, a sparse file CT_ROOT.btrfs is made, formatted and loop-mounted
 * on CT_ROOT, under a lock on the file. A loop device that already backs the file is reused,
 * because two devices corrupt the file system (storefs.h, loop.h).
 *
 * The store's lock is the lock on the directory CT_ROOT: lock_take(s->root, ".", e).
 */
#ifndef CT_STORE_H
#define CT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "store/handle.h"
#include "store/ids.h"

struct err;

enum store_want {
	/* for readers: a store that is not up appears empty, with a note if it exists */
	STORE_LOOK,
	STORE_UP, /* make the store if it is missing, bring it up, sweep what crashes left */
};

/* Opens the store. On failure s is empty. A store with another format is refused. */
int store_open(struct store *s, enum store_want want, struct err *e);
void store_close(struct store *s);
#define own_store __attribute__((cleanup(store_close)))

/* Unmounts the store. Refused while a container runs. A store that is not up is success. */
int store_down(struct err *e);
/*
 * Grows the store's file and its file system to this many bytes; shrinking is refused.
 * The store must be up.
 */
int store_grow(uint64_t bytes, struct err *e);

/* Assigns the next id of a kind. No id is assigned twice, even to concurrent callers. */
int store_new_id(const struct store *s, const char *kind, char id[ID_LEN], struct err *e);

/* All ids of a kind, oldest first. */
int store_list(const struct store *s, const char *kind, struct strv *ids, struct err *e);

#endif
