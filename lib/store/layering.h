/*
 * Adds layers to the store (layerstore.h). This part needs the libraries for archives and
 * digests; a program that only looks up or removes layers does not link them.
 */
#ifndef CT_LAYERING_H
#define CT_LAYERING_H

#include <stdbool.h>
#include <stdint.h>

#include "store/layerstore.h"

/* Adds the chain ids (without "sha256:") of these diff ids to out, base first. */
void layering_chain(const struct strv *diffids, struct strv *out);

/* The file of a layer: a tar, uncompressed or compressed with gzip or zstd. */
struct layer_file {
	int fd;             /* at its beginning */
	const char *digest; /* which is verified before it is used; NULL: unknown */
	const char *what;   /* names the layer in messages */
	/* The file stands alone in the store, and nothing writes to it once it is complete. */
	bool settled;
	/*
	 * The file is unpacked while it is fetched. more (in the child) and idle: as in untar.h.
	 * whole waits until the file is complete and verified; its error is the one to report.
	 * NULL: the file is complete.
	 */
	int (*more)(void *arg, uint64_t have, struct err *e);
	void (*idle)(void *arg);
	int (*whole)(void *arg, struct err *e);
	void *arg;
};

/*
 * Unpacks a layer onto a snapshot of parent (NULL: it is the lowest layer), see untar_apply.
 * The file is read to its end. Its content must have the diff id. If the layer exists already, it
 * is not read; if another process adds it meanwhile, that is success. The caller holds
 * layerstore_hold.
 *
 * Where the file is on the store's file system, the layer keeps it (layerstore_blob), so that the
 * image can leave the store as it came: a compressed file is linked or shares its blocks, an
 * uncompressed one is compressed by btrfs.
 */
int layering_add(const struct store *s, const char *parent, const char *chain, const char *diffid,
		 const struct layer_file *file, treecopy_progress *progress, struct err *e);

#endif
