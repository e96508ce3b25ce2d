/*
 * The parts that images are made of and share: layers (layerstore.h), steps of builds
 *(stepstore.h).
 *
 *	CT_ROOT/DIR/KEY/
 *
 * An image's config lists the keys of its parts. A part appears and goes by a rename of its
 *directory. A part that no image lists is collected, unless another process holds the store of
 *parts.
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

/* Takes a shared lock, and makes the directory if need be. While the descriptor is open, no part is
 * collected. */
int partstore_hold(const struct store *s, const struct partstore *p, struct err *e);

/*
 * Removes the parts that no image lists, and adds their keys to removed (NULL: not wanted). Gives 1
 * if partstore_hold has locked them: nothing was removed.
 */
int partstore_collect(const struct store *s, const struct partstore *p, struct strv *removed,
		      struct err *e);

#endif
