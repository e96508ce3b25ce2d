/*
 * The layers of an image, fetched from a registry into the store's blobs
 * (blobs.h) by a few processes at a time, while the caller unpacks those that are
 * there (import.h: fetch_open and fetch_done are its open and done).
 */
#ifndef CT_FETCH_H
#define CT_FETCH_H

#include <sys/types.h>

#include "image/registry.h"
#include "store/store.h"

struct err;

enum { FETCH_AT_ONCE = 4 };

struct fetch {
	const struct store *store;
	struct registry *registry; /* logged in */
	const struct manifest *image;
	const struct strv *chains; /* of its layers, base first (layering_chain) */
	void (*progress)(void);    /* called now and then while the caller waits; may be NULL */

	/* Its own: */
	struct fetch_layer *layers; /* one for each of the image */
	struct fetch_shared *shared;
	pid_t fetchers[FETCH_AT_ONCE];
	int reports; /* from them */
};

/*
 * Begins to fetch what the store has no layer of. The processes die with the
 * caller's, and have no use of the registry's connections that it has.
 */
int fetch_begin(struct fetch *f, struct err *e);
/*
 * Ends them. What was fetched, if only in part, stays for another time, unless it cannot become
 * an image: then nothing stays of it, nor what was unpacked. why: what the caller
 * failed with; NULL: nothing. Not under layerstore_hold.
 */
void fetch_end(struct fetch *f, const struct err *why);

/* Waits for layer i. Gives a descriptor of it, at its beginning; or what made one of them fail. */
int fetch_open(void *fetch, size_t i, struct err *e);
/* Layer i is unpacked. */
void fetch_done(void *fetch, size_t i);

/* Bytes so far of all that is to be fetched, and how many that is. */
void fetch_count(const struct fetch *f, uint64_t *got, uint64_t *of);

#endif
