/*
 * Unpacked layers, shared by the images that are made of them:
 *
 *	CT_ROOT/layers/CHAIN/	rootfs (a read-only subvolume: this layer on all below it),
 *				config (a record: diffid, parent)
 *
 * CHAIN is the digits of the chain id (OCI image spec, config.md "Layer ChainID"):
 * of the lowest layer its diff id, of another sha256 over "CHAINID-OF-PARENT DIFFID". An
 * image's config names its chain ids (layer*, base first), and a layer that no
 * image names is garbage, taken away by layerstore_collect.
 *
 * A layer appears by one rename of the directory around it (a read-only subvolume
 * itself cannot be renamed), after its data is on disk.
 */
#ifndef CT_LAYERSTORE_H
#define CT_LAYERSTORE_H

#include "base/digest.h"
#include "store/draft.h"
#include "store/store.h"
#include "tar/treecopy.h"

struct err;

/* As long as this descriptor is open, no layer is collected. Shared. */
int layerstore_hold(const struct store *s, struct err *e);

bool layerstore_have(const struct store *s, const char *chain);

/* A writable snapshot `rootfs` of the layer in the draft, for image_publish. chain NULL: an empty
 * one (0755, root's). */
int layerstore_snapshot(const struct store *s, const char *chain, const struct draft *d,
			struct err *e);

/* Takes away what no image names, unless somebody holds them (then it is done another time). */
int layerstore_collect(const struct store *s, struct err *e);

#endif
