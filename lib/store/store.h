/*
 * The store: images and containers on btrfs.
 *
 *	CT_ROOT/			0700, a subvolume of its own
 *	  format			"1": what this page describes
 *	  img_N/, ps_N/			one object each: `config` (a record), `rootfs` (its
 *					subvolume), `log`, ... ; renamed, never edited in parts
 *	  names/img/NAME, names/ps/NAME	links to ids (names.h)
 *	  counters			the next number of each kind (ids.h)
 *	  layers/, blobs/		what images are made of (layerstore.h, blobs.h)
 *	  tmp/				drafts; whatever no living process holds is garbage
 *	CT_RUN/				what a reboot clears, 0700
 *	  ps_N/				the state of a running container
 *
 * If CT_ROOT is not on btrfs, a sparse file CT_ROOT.btrfs is made, formatted
 * and loop-mounted on CT_ROOT, under a lock on that file; a loop device that
 * already backs the file is used again, because two of them corrupt it
 * (storefs.h, loop.h).
 *
 * The store's lock is the one on the directory CT_ROOT: lock_take(s->root, ".", e).
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
	STORE_LOOK, /* readers: a store that is not up is an empty one, with a note if it exists */
	STORE_UP,   /* bring it up first, making it if need be, and sweep what crashes left */
};

/* On failure s holds nothing. A store of another format is refused. */
int store_open(struct store *s, enum store_want want, struct err *e);
void store_close(struct store *s);
#define own_store __attribute__((cleanup(store_close)))

/* Unmounts it (refused while a container runs) or says why not. Not being up is success. */
int store_down(struct err *e);
/* Makes the store's file this many bytes, and the file system with it. Never smaller. The store is
 * up. */
int store_grow(uint64_t bytes, struct err *e);

/* The next id of a kind: never given twice, whoever asks at the same time. */
int store_new_id(const struct store *s, const char *kind, char id[ID_LEN], struct err *e);

/* All ids of a kind, oldest first. */
int store_list(const struct store *s, const char *kind, struct strv *ids, struct err *e);

#endif
