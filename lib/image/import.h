/*
 * An image described by a manifest, whose layers are somewhere at hand, becomes
 * one of the store: what ct-pull and ct-init have in common.
 */
#ifndef CT_IMPORT_H
#define CT_IMPORT_H

#include "image/manifest.h"
#include "store/store.h"
#include "tar/treecopy.h"

struct err;

struct import {
	const struct store *store;
	/* Of the image, as manifest_config gave it; with source, digest (of the manifest),
	 * config-digest added by the caller. */
	struct record *config;
	/* A descriptor of the whole, verified file of layer i (base first): waits for it if it
	 * must. Not called for those in the store. */
	int (*open)(void *arg, size_t i, struct err *e);
	/* Layer i is in the store now. May be NULL. */
	void (*done)(void *arg, size_t i);
	void *arg;
	treecopy_progress *progress; /* may be NULL */
	struct strv *moved; /* gets a line for each name (none by digest) that another image loses;
			       may be NULL */
};

/*
 * Unpacks the layers that are missing and publishes the image, or, if there is
 * one of the same config-digest already, gives its id. All names move to it.
 * Interrupted, the layers that are done stay for the next try.
 */
int import_image(const struct import *in, const struct strv *names, char id[ID_LEN], struct err *e);

#endif
