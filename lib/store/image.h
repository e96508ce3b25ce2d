/*
 * Images: CT_ROOT/img_N/{config,rootfs}. rootfs is a read-only subvolume,
 * config a record, both never changed once the image is seen (a commit onto
 * an image puts another directory in its place).
 *
 * Keys of config; those with * may repeat, and their order is kept:
 *
 *	created		RFC 3339, UTC
 *	source		where it came from at first: a directory, "-", a reference
 *	container	the container that it was committed from
 *	digest		of the manifest, if it has one: "sha256:..."
 *	config-digest	of the image configuration that it was made of: the same image has the same
 *one layer* diffid*	the chain ids (layerstore.h) and diff ids of its layers, base first history*
 *as in the image configuration, a line of JSON each
 *	built step*	of an image of ct-build: a digest of all that it was made of; the steps
 *(stepstore.h) size		bytes of its files, as treecopy_size counts them arch
 *as OCI names it ("amd64") entrypoint* cmd* env* (K=V) workdir user stopsignal volume* label* (K=V)
 *expose* as in the OCI image configuration shell* healthcheck	as in Docker's: a list, an object as
 *JSON
 */
#ifndef CT_IMAGE_H
#define CT_IMAGE_H

#include "base/record.h"
#include "store/draft.h"
#include "store/store.h"

struct err;

/* The keys that are so of this image, and not of one that is made of it; NULL ends them. */
extern const char *const image_own_keys[];

/* An open image. {0} is none; what is open stays usable when the image is removed meanwhile. */
struct image {
	char id[ID_LEN];
	int dir;    /* CT_ROOT/img_N */
	int rootfs; /* its root directory, opened for reading */
	struct record config;
};

/* ref: an id or a name, as name_resolve takes it. On failure img is {0}. */
int image_open(const struct store *s, const char *ref, struct image *img, struct err *e);
void image_close(struct image *img);
#define own_image __attribute__((cleanup(image_close)))

/* This machine's processor as OCI names it (the values of GOARCH); NULL: not known. */
const char *image_arch(void);

/*
 * All of publishing that takes time. The draft, holding a writable subvolume `rootfs`, is made
 * read-only, given its config (created, size and arch are added if
 * config has none), written to disk.
 */
int image_seal(const struct draft *d, struct record *config, struct err *e);

/*
 * The draft is sealed and becomes an image of a new id. name: as name_check_image
 * gives it, or NULL. A draft that failed is still the caller's to drop.
 */
int image_publish(const struct store *s, struct draft *d, struct record *config, const char *name,
		  char id[ID_LEN], struct err *e);

/* The same on an existing image, which is replaced in one step and keeps its id and names. */
int image_replace(const struct store *s, struct draft *d, struct record *config, const char *id,
		  struct err *e);

#endif
