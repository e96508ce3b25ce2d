/*
 * Images: CT_ROOT/img_N/{config,rootfs}. rootfs is a read-only subvolume, config a
 * record. Neither changes after the image is published (a commit onto an image
 * exchanges the directory). An image that came with layers has config.json and
 * manifest.json too, byte for byte.
 *
 * Keys of config; keys with * may repeat, and their order is kept:
 *
 *	created		RFC 3339, UTC
 *	source		origin: a directory, "-" or a reference
 *	container	the container that it was committed from
 *	base		of an image made from another one: "UUID TRANSACTION", the identity of
 *			that image's rootfs (subvolsend.h)
 *	digest		of the manifest, if there is one: "sha256:..."
 *	config-digest	of the image config; equal for equal images
 *	layer* diffid*	chain ids (layerstore.h) and diff ids of its layers, base first; without
 *			config-digest the image differs from the last one by a layer of its own
 *	history*	as in the image config, one line of JSON each
 *	built step*	of an image of ct-build: a digest of all its inputs; its steps (stepstore.h)
 *	size		bytes of its files, as subvolsize counts them
 *	arch		OCI's name of the architecture ("amd64")
 *	entrypoint* cmd* env* (K=V) workdir user stopsignal volume* label* (K=V) expose*
 *			as in the OCI image config
 *	shell* onbuild* healthcheck
 *			as in Docker's image config: lists; an object as JSON
 */
#ifndef CT_IMAGE_H
#define CT_IMAGE_H

#include "base/record.h"
#include "store/draft.h"
#include "store/store.h"

struct err;

/* The documents that an image with layers keeps. */
#define IMAGE_CONFIG_JSON   "config.json"
#define IMAGE_MANIFEST_JSON "manifest.json"

/*
 * The keys that describe this image only and are not inherited by images made
 * from it, then NULL.
 */
extern const char *const image_own_keys[];

/*
 * Makes the config of an image into that of an image made from it. The layers stay listed: the new
 * image differs from the last one by a layer of its own.
 */
void image_inherit(struct record *config);
/* Records the subvolume from which an image is made as the base. */
int image_set_base(struct record *config, int rootfs, struct err *e);

/* An open image. {0} is none. Its descriptors stay usable if the image is removed meanwhile. */
struct image {
	char id[ID_LEN];
	int dir;    /* CT_ROOT/img_N */
	int rootfs; /* its root directory, open for reading */
	struct record config;
};

/* Opens an image by id or name (name_resolve). On failure img is {0}. */
int image_open(const struct store *s, const char *ref, struct image *img, struct err *e);
void image_close(struct image *img);
#define own_image __attribute__((cleanup(image_close)))

/* OCI's name of this machine's architecture (a value of GOARCH); NULL if unknown. */
const char *image_arch(void);

/*
 * Does the slow part of publishing: makes the draft's subvolume `rootfs` read-only, writes
 * config (adding created, size and arch if they are missing), and writes everything to disk.
 */
int image_seal(const struct draft *d, struct record *config, struct err *e);

/*
 * Seals the draft and publishes it as an image with a new id. name: a result of
 * name_check_image, or NULL. If this fails, the caller still drops the draft.
 */
int image_publish(const struct store *s, struct draft *d, struct record *config, const char *name,
		  char id[ID_LEN], struct err *e);

/* Seals the draft and exchanges it with an existing image, which keeps its id and names. */
int image_replace(const struct store *s, struct draft *d, struct record *config, const char *id,
		  struct err *e);

#endif
