/*
 * The cache of completed steps:
 *
 *	CT_ROOT/steps/KEY/	rootfs (a subvolume: the files after the step),
 *				config (a record: key, boot, text, parent), synced
 *	CT_ROOT/steps/cache-K/	data (for RUN --mount=type=cache)
 *
 * KEY is the digest of a step's inputs: the files before it, the instruction, its arguments, the
 * content that it reads (stepkey.h). A step appears by one rename. If `synced` exists, its data is
 * on disk; a step of an earlier boot without it is removed, because a power cut may have lost data.
 *
 * The config of an image names its steps (step*). stepstore_prune removes steps that no image
 * names.
 */
#ifndef CT_STEPSTORE_H
#define CT_STEPSTORE_H

#include <sys/types.h>

#include "base/digest.h"
#include "base/record.h"
#include "store/draft.h"
#include "store/store.h"

struct err;

enum { STEP_KEY = DIGEST_HEX + 1 };

/* A locked step: it is not removed while dir is open. */
struct stored_step {
	char key[STEP_KEY];
	int dir, rootfs;
};

#define STORED_NONE                     \
	{                               \
		.dir = -1, .rootfs = -1 \
	}

void stepstore_close(struct stored_step *s);
#define own_stored __attribute__((cleanup(stepstore_close)))

/* Takes a shared lock: while the descriptor is open, nothing is pruned. */
int stepstore_hold(const struct store *s, struct err *e);

/* 1: found and locked; 0: the cache does not have the step. */
int stepstore_open(const struct store *s, const char *key, struct stored_step *out, struct err *e);

/*
 * Turns the draft, with its subvolume rootfs, into the step and locks it. Adds the keys of a step's
 * record to config. An existing step is replaced (replace), or used instead of the draft.
 */
int stepstore_publish(const struct store *s, struct draft *d, const char *key,
		      struct record *config, bool replace, struct stored_step *out, struct err *e);

/* Writes the file system to disk and marks the steps as synced. */
int stepstore_sync(const struct store *s, const struct strv *keys, struct err *e);

/* A cache, and what its directory `data` is if it is missing. */
struct cache_wanted {
	const char *id;
	int base;                /* a snapshot of this subvolume; -1: an empty directory */
	uint32_t mode, uid, gid; /* of the empty directory */
	bool exclusive;          /* for this command only */
	bool wait;               /* until no other build holds the lock */
};

/* Locks a cache and opens its directory `data`. 1: another build holds the lock (without wait). */
int stepstore_cache(const struct store *s, const struct cache_wanted *wanted,
		    struct stored_step *out, struct err *e);

/* Removes steps that no image names, and all caches; adds their names to removed. An error during a
 * build. */
int stepstore_prune(const struct store *s, struct strv *removed, struct err *e);

#endif
