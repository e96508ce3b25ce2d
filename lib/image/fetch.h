/*
 * Fetches the layers of an image from a registry into the store's blobs (blobs.h). A few processes
 * fetch at a time, while the caller unpacks a layer as it arrives. fetch_open and fetch_done
 * are the functions open and done of import.h.
 */
#ifndef CT_FETCH_H
#define CT_FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "image/registry.h"
#include "store/store.h"

enum { FETCH_AT_ONCE = 4 };

struct fetch {
	const struct store *store;
	struct registry *registry; /* logged in */
	const struct manifest *image;
	const struct strv *chains; /* chain ids of the layers, base first (layering_chain) */
	void (*progress)(void);    /* called at intervals while the caller waits; may be NULL */

	/* Private to fetch.c: */
	struct fetch_layer *layers; /* one for each of the image */
	struct fetch_shared *shared;
	pid_t fetchers[FETCH_AT_ONCE];
	int reports; /* from them */
	bool failed; /* a fetcher failed, with the error `why` */
	struct err why;
};

/*
 * Starts to fetch the layers that the store does not have. The fetching processes die with the
 * caller. They open their own connections to the registry.
 */
int fetch_begin(struct fetch *f, struct err *e);
/*
 * Ends the fetching processes. Complete and partial blobs stay for the next pull. If the image
 * cannot be made of them at all, the blobs and the unpacked layers are removed. why: the caller's
 * error, or NULL. Must not be called under layerstore_hold.
 */
void fetch_end(struct fetch *f, const struct err *why);

/*
 * Waits until layer i begins to arrive. Returns a descriptor at its beginning, or the error of a
 * process that failed.
 */
int fetch_open(void *fetch, size_t i, struct err *e);
/* The functions more, idle and whole of import.h. A child process may call fetch_more. */
int fetch_more(void *fetch, size_t i, uint64_t have, struct err *e);
void fetch_idle(void *fetch);
int fetch_whole(void *fetch, size_t i, struct err *e);
/* Tells that layer i is unpacked. */
void fetch_done(void *fetch, size_t i);

/* The number of bytes fetched so far, and the number of bytes to fetch in all. */
void fetch_count(const struct fetch *f, uint64_t *got, uint64_t *of);

#endif
