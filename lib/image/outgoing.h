/*
 * Prepares an image for an archive or a registry: its documents, and the files of its layers.
 *
 * A layer that came as a file and is unchanged leaves as that file. Any other layer is made from
 * the difference of two subvolumes, in an unnamed file of the store, so that a killed process
 * leaves nothing behind. If all layers are as they came, so is the config and, if it lists the same
 * files, the manifest.
 */
#ifndef CT_OUTGOING_H
#define CT_OUTGOING_H

#include "image/manifest.h"
#include "store/ids.h"
#include "store/store.h"
#include "tar/treecopy.h"

struct err;

struct outgoing_layer {
	struct descriptor blob;
	char diffid[DIGEST_LEN];
	char *chain; /* chain id of the layer whose file in the store is used; NULL: the layer was
			made */
	int made;    /* the unnamed file of a layer that was made; -1: none */
};

struct outgoing {
	const struct store *store;
	char id[ID_LEN];
	struct strv names; /* as in the store */
	char arch[32];
	struct buf config, manifest;
	struct descriptor config_is, manifest_is;
	struct outgoing_layer *layers; /* base first */
	size_t n;
};

/*
 * ref: an id, which takes all names of the image, or a name, which takes that name. compress: made
 * layers are compressed with gzip. The caller holds layerstore_hold until outgoing_close. The
 * same image always gives the same bytes. On failure o is empty.
 */
int outgoing_open(const struct store *s, const char *ref, bool compress,
		  treecopy_progress *progress, struct outgoing *o, struct err *e);
void outgoing_close(struct outgoing *o);
#define own_outgoing __attribute__((cleanup(outgoing_close)))

/* Adds the names of another reference to the same image. */
int outgoing_name(struct outgoing *o, const char *ref, struct err *e);

/* Opens the file of a layer at its beginning. */
int outgoing_layer(const struct outgoing *o, size_t i, struct err *e);

#endif
