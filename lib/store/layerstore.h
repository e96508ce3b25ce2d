/*
 * Unpacked layers, shared by the images made of them:
 *
 *	CT_ROOT/layers/CHAIN/	rootfs (a read-only subvolume: this layer on all below it),
 *				config (a record: diffid, parent, blob: the digest of `blob`),
 *				blob (the layer's file as it came, compressed or not)
 *
 * CHAIN is the chain id without "sha256:" (OCI image spec, config.md "Layer ChainID"): for
 * the lowest layer its diff id, for others the sha256 of "CHAINID-OF-PARENT DIFFID". An
 * image's config lists its chain ids (layer*, base first). layerstore_collect removes layers
 * that no image lists.
 *
 * A layer appears by a rename of its parent directory, after its data is on disk: a read-only
 * subvolume itself cannot be renamed.
 */
#ifndef CT_LAYERSTORE_H
#define CT_LAYERSTORE_H

#include "base/digest.h"
#include "store/draft.h"
#include "store/store.h"
#include "tar/treecopy.h"

struct err;

/* Takes a shared lock. While the descriptor is open, no layer is collected. */
int layerstore_hold(const struct store *s, struct err *e);

/* The name of a layer's file. */
#define LAYERSTORE_BLOB "blob"

/*
 * Opens the file as which the layer came, if the store has it, and gets its digest. e->sys is
 * ENOENT if the store lacks it.
 */
int layerstore_blob(const struct store *s, const char *chain, char digest[DIGEST_LEN],
		    struct err *e);
/* Opens the layer's subvolume. */
int layerstore_rootfs(const struct store *s, const char *chain, struct err *e);

bool layerstore_have(const struct store *s, const char *chain);

/*
 * Makes a writable snapshot `rootfs` of the layer in the draft, for image_publish. chain NULL:
 * an empty subvolume (mode 0755, owner root).
 */
int layerstore_snapshot(const struct store *s, const char *chain, const struct draft *d,
			struct err *e);

/*
 * Removes the layers that no image lists. If layerstore_hold has locked them, does nothing: a
 * later call removes them.
 */
int layerstore_collect(const struct store *s, struct err *e);

#endif
