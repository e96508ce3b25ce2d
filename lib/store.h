/*
 * The store: images and containers on btrfs.
 *
 *	CT_ROOT/			0700, a subvolume of its own
 *	  format			"1": what this page describes
 *	  img_N/, ps_N/			one object each: `config` (a record), `rootfs` (its
 *					subvolume), `log`, ... ; renamed, never edited in parts
 *	  names/img/NAME, names/ps/NAME	links to ids (names.h)
 *	  counters			the next number of each kind (ids.h)
 *	  layers/, blobs/		what images are made of (layers.h, blobs.h)
 *	  tmp/				drafts; whatever no living process holds is garbage
 *	CT_RUN/				what a reboot clears, 0700
 *	  ps_N/				the state of a running container
 *
 * If CT_ROOT is not on btrfs, a sparse file CT_ROOT.btrfs is made, formatted
 * and loop-mounted on CT_ROOT, under a lock on that file; a loop device that
 * already backs the file is used again, because two of them corrupt it
 * (backing.h, loop.h).
 *
 * The store's lock is the one on the directory CT_ROOT: lock_take(s->root, ".", e).
 */
#ifndef CT_STORE_H
#define CT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "ids.h"
#include "str.h"

struct err;

struct store {
	char *root_path, *run_path;	/* CT_ROOT, CT_RUN */
	int root;			/* CT_ROOT; -1: the store is not up (it reads as empty) */
	int run;			/* CT_RUN; -1: there is none yet */
	char note[300];			/* something the user should be told once, or "" */
};

#define STORE_NONE {.root = -1, .run = -1}

enum store_want {
	STORE_LOOK,	/* readers: a store that is not up is an empty one, with a note if it exists */
	STORE_UP,	/* bring it up first, making it if need be, and sweep what crashes left */
};

/* On failure s holds nothing. A store of another format is refused. */
int store_open(struct store *s, enum store_want want, struct err *e);
void store_close(struct store *s);
#define own_store __attribute__((cleanup(store_close)))

/* Unmounts it (refused while a container runs) or says why not. Not being up is success. */
int store_down(struct err *e);
/* Makes the store's file this many bytes, and the file system with it. Never smaller. The store is up. */
int store_grow(uint64_t bytes, struct err *e);

/* The next id of a kind: never given twice, whoever asks at the same time. */
int store_new_id(const struct store *s, const char *kind, char id[ID_LEN], struct err *e);

/* All ids of a kind, oldest first. */
int store_list(const struct store *s, const char *kind, struct strv *ids, struct err *e);

/*
 * Deletes what crashes left: drafts under tmp/ that no living process holds, and names
 * that lead to nothing. store_open(STORE_UP) does it. In draft.c.
 */
int store_sweep(const struct store *s, struct err *e);

/*
 * A draft: a directory under tmp/ that this process holds a lock on. What a
 * crash leaves of it is swept by the next store_open(STORE_UP). In draft.c.
 */
struct draft {
	char name[ID_LEN + 8];	/* "tmp/..." beneath CT_ROOT */
	int dir;		/* the directory, and the lock on it; -1: none */
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
int draft_publish(const struct store *s, struct draft *d, const char *id, const char *name, struct err *e);
/*
 * The draft and the existing object `id` change places in one step, on disk when this succeeds;
 * on failure the old one is where it was. The old one is deleted (by a later sweep, if another process has a lock on it). As above otherwise.
 */
int draft_exchange(const struct store *s, struct draft *d, const char *id, struct err *e);
/* Deletes the draft, if it was not published. */
void draft_drop(const struct store *s, struct draft *d);

/*
 * Takes the object out of sight in one step (name included), then deletes it. Absent is success.
 * On a full file system it may have to be deleted where it stands.
 */
int store_remove(const struct store *s, const char *id, struct err *e);

#endif
