/*
 * Layers becoming part of the store (layerstore.h): the part that takes libraries for archives and
 * digests. A program that only looks layers up or removes them is linked without those.
 */
#ifndef CT_LAYERING_H
#define CT_LAYERING_H

#include "store/layerstore.h"

/* Chain ids (their digits) of these diff ids, base first, added to out. */
void layering_chain(const struct strv *diffids, struct strv *out);

/*
 * Unpacks a layer (plain, gzip or zstd, told by content; read to its end from descriptor
 * `from`) onto a snapshot of parent (NULL: the lowest), see untar_apply. What it unpacks to must
 * have that diff id. One that is there already (then it is not read), or is by the time this is
 * done, is success. what: the layer, in messages. Under layerstore_hold.
 */
int layering_add(const struct store *s, const char *parent, const char *chain, const char *diffid,
		 int from, const char *what, treecopy_progress *progress, struct err *e);

#endif
