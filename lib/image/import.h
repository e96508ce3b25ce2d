/* Makes an image of the store from a config and layer files: the common part of ct-pull and
 * ct-init. */
#ifndef CT_IMPORT_H
#define CT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/manifest.h"
#include "store/store.h"
#include "tar/treecopy.h"

struct err;

struct import {
	const struct store *store;
	/* The image config from manifest_config. The caller adds source, digest (of the manifest)
	 * and config-digest. */
	struct record *config;
	/* The documents as they came, which the image keeps, and the descriptors of the layers'
	 * files; NULL: unknown. */
	const struct buf *config_json, *manifest_json;
	const struct descriptor *blobs;
	/* Returns a descriptor of the file of layer i (base first); may wait. Not called for layers
	 * that the store already has. */
	int (*open)(void *arg, size_t i, struct err *e);
	/* If the file is not yet complete and verified: see struct layer_file. */
	int (*more)(void *arg, size_t i, uint64_t have, struct err *e);
	void (*idle)(void *arg);
	int (*whole)(void *arg, size_t i, struct err *e);
	bool settled;
	/* Called when layer i is in the store. May be NULL. */
	void (*done)(void *arg, size_t i);
	void *arg;
	treecopy_progress *progress; /* may be NULL */
	struct strv *moved; /* gets a note for each name that another image loses, except names
			       by digest; may be NULL */
};

/*
 * Unpacks the missing layers and publishes the image. If the store already has an image with the
 * same config-digest, returns its id instead. All names move to the image. If the import is
 * interrupted, the finished layers stay for the next import.
 */
int import_image(const struct import *in, const struct strv *names, char id[ID_LEN], struct err *e);

#endif
