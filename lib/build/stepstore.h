/*
 * Steps of builds that were done, kept for the next build:
 *
 *	CT_ROOT/steps/KEY/	rootfs (a subvolume: the files after the step),
 *				config (a record: key, boot, text, parent), synced
 *	CT_ROOT/steps/cache-K/	data (of RUN --mount=type=cache)
 *
 * KEY is the digest of all that a step is made of: the files before it, the instruction, its
 * arguments, the content of what it reads (stepkey.h). A step appears by one rename. Its data is on
 *disk once `synced` is there; without it a step of an earlier boot is not believed.
 *
 * Images name the steps they are made of (step*), and what no image names goes by stepstore_prune.
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

/* A step that is held: it does not go as long as dir is open. */
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

/* As long as this descriptor is open, nothing is pruned. Shared. */
int stepstore_hold(const struct store *s, struct err *e);

/* 1: it is there, and held; 0: it is not. */
int stepstore_open(const struct store *s, const char *key, struct stored_step *out, struct err *e);

/*
 * The draft, with its subvolume rootfs, becomes the step and is held; `config` gets what a step's
 * record has. One that is there already goes (replace), or is taken instead of the draft.
 */
int stepstore_publish(const struct store *s, struct draft *d, const char *key,
		      struct record *config, bool replace, struct stored_step *out, struct err *e);

/* All that the file system holds is on disk now: these steps are believed after a power cut. */
int stepstore_sync(const struct store *s, const struct strv *keys, struct err *e);

/* A cache's directory `data` (made with this owner and mode), held: alone if exclusive. 1: somebody
 * else holds it so that it cannot be had. */
int stepstore_cache(const struct store *s, const char *id, bool exclusive, bool wait, uint32_t mode,
		    uid_t uid, gid_t gid, struct stored_step *out, struct err *e);

/* Removes what no image is made of, caches too; their names are added to removed. During a build
 * nothing is. */
int stepstore_prune(const struct store *s, struct strv *removed, struct err *e);

#endif
