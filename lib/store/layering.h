/*
 * Adds layers to the store (layerstore.h). This part needs the libraries for archives and
 * digests; a program that only looks up or removes layers does not link them.
 */
#ifndef CT_LAYERING_H
#define CT_LAYERING_H

#include "store/layerstore.h"

/* Adds the chain ids (without "sha256:") of these diff ids to out, base first. */
void layering_chain(const struct strv *diffids, struct strv *out);

/*
 * Unpacks a layer onto a snapshot of parent (NULL: it is the lowest layer), see untar_apply.
 * `from` is read to its end; the layer is uncompressed or compressed with gzip or zstd. Its
 * content must have the diff id. If the layer exists already, it is not read; if another
 * process adds it meanwhile, that is success. what: names the layer in messages. The caller
 * holds layerstore_hold.
 *
 * digest: of the file, which the caller has verified; NULL: unknown. Where the file is on the
 * store's file system, the layer keeps it (layerstore_blob), so that the image can leave the
 * store as it came: a compressed file shares its blocks, an uncompressed one is compressed by btrfs.
 */
int layering_add(const struct store *s, const char *parent, const char *chain, const char *diffid,
		 int from, const char *digest, const char *what, treecopy_progress *progress,
		 struct err *e);

#endif
