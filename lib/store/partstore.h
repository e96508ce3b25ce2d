/*
 * The parts that images are made of and share: layers (layerstore.h) and steps of builds
 * (stepstore.h).
 *
 *	CT_ROOT/DIR/KEY/
 *
 * An image's config lists the keys of its parts. A rename of its directory makes a part appear, or
 * removes it. A part that no image lists is collected, unless a process holds the directory
 * (partstore_hold).
 */
#ifndef CT_PARTSTORE_H
#define CT_PARTSTORE_H

#include "store/store.h"

struct err;

struct partstore {
	const char *dir;  /* "layers" */
	const char *part; /* "layer": the key in an image's config, once for each part */
	/* Removes a part, so that it is complete or absent. */
	int (*remove)(const struct store *s, const char *key, struct err *e);
};

/* A descriptor of the directory; -1 with e->sys ENOENT: the store has had no part yet. */
int partstore_open(const struct store *s, const struct partstore *p, struct err *e);

/*
 * Takes a shared lock, and makes the directory if it is missing. While the descriptor is open, no
 * part is collected.
 */
int partstore_hold(const struct store *s, const struct partstore *p, struct err *e);

/*
 * Removes the parts that no image lists, and adds their keys to removed (may be NULL). Returns 1
 * if a process holds the directory: nothing was removed.
 */
int partstore_collect(const struct store *s, const struct partstore *p, struct strv *removed,
		      struct err *e);

#endif
