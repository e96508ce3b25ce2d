/*
 * Unpacked layers, shared by the images that are made of them:
 *
 *	CT_ROOT/layers/CHAIN/	rootfs (a read-only subvolume: this layer on all below it),
 *				config (a record: diffid, parent)
 *
 * CHAIN is the digits of the chain id (OCI image spec, config.md "Layer ChainID"):
 * of the lowest layer its diff id, of another sha256 over "CHAINID-OF-PARENT DIFFID". An
 * image's config names its chain ids (layer*, base first), and a layer that no
 * image names is garbage, taken away by layers_collect.
 *
 * A layer appears by one rename of the directory around it (a read-only subvolume
 * itself cannot be renamed), after its data is on disk.
 */
#ifndef CT_LAYERS_H
#define CT_LAYERS_H

#include "digest.h"
#include "store.h"
#include "tree.h"

struct err;

/* Chain ids (their digits) of these diff ids, base first, added to out. In layering.c. */
void layers_chain(const struct strv *diffids, struct strv *out);

/* As long as this descriptor is open, no layer is collected. Shared. */
int layers_hold(const struct store *s, struct err *e);

bool layers_have(const struct store *s, const char *chain);

/*
 * Unpacks a layer (plain, gzip or zstd, told by content; read to its end from descriptor
 * `from`) onto a snapshot of parent (NULL: the lowest), see layer_apply. What it unpacks to must
 * have that diff id. One that is there already (then it is not read), or is by the time this is
 * done, is success. what: the layer, in messages. Under layers_hold. In layering.c.
 */
int layers_add(const struct store *s, const char *parent, const char *chain, const char *diffid, int from,
	       const char *what, tree_progress *progress, struct err *e);

/* A writable snapshot `rootfs` of the layer in the draft, for image_publish. chain NULL: an empty one (0755, root's). */
int layers_snapshot(const struct store *s, const char *chain, const struct draft *d, struct err *e);

/* Takes away what no image names, unless somebody holds them (then it is done another time). */
int layers_collect(const struct store *s, struct err *e);

#endif
