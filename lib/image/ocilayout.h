/*
 * Reads an image from a directory into which an image archive was unpacked: an OCI image layout
 * (OCI image spec 1.1, image-layout.md), or the format of `docker save` and `podman save`
 * (manifest.json:
 * [{Config, RepoTags, Layers}]). docker since version 25 writes both at once, which is read as an
 * OCI layout.
 *
 * The files are not trusted: only regular files are opened, links cannot lead out of the directory,
 * and every file that has a digest is verified.
 */
#ifndef CT_OCILAYOUT_H
#define CT_OCILAYOUT_H

#include <stdbool.h>

#include "base/record.h"

struct descriptor;
struct err;

struct ocilayout {
	int dir;              /* owned by the caller */
	const char *what;     /* the archive's name in messages */
	struct record config; /* from manifest_config, plus config-digest and, from an OCI layout,
				 digest */
	struct buf config_json, manifest_json; /* the documents; of docker save only the config */
	struct strv layers;                    /* layer files below dir, base first */
	struct descriptor *blobs; /* descriptors of the layers; NULL: only the diff ids are known */
	struct strv digests; /* digests of the indexes and the manifest that led to the image */
	struct strv said;    /* the archive's names, unchecked */
};

/*
 * Whether dir contains an image archive rather than a root file system. A directory that looks like
 * both is a root file system, because a root file system may contain files of these names.
 */
bool ocilayout_found(int dir);

/* Lists the archive's images: one "" for a single image, else a word for each (ocilayout_read). */
int ocilayout_list(int dir, const char *what, struct strv *images, struct err *e);
/*
 * Reads an image of the list or, with "", the archive's only image: then images for other platforms
 * are ignored, and several images under different names are an error. On failure l is empty.
 */
int ocilayout_read(int dir, const char *what, const char *image, struct ocilayout *l,
		   struct err *e);
void ocilayout_free(struct ocilayout *l);
#define own_ocilayout __attribute__((cleanup(ocilayout_free)))

/*
 * The image's names, as ref_name writes them, and the same names by verified digest: a digest that
 * the archive merely claims is not used. An invalid name is an error.
 */
int ocilayout_names(const struct ocilayout *l, struct strv *names, struct err *e);

/* Opens the file of layer i after verifying its digest, for struct import; arg is a struct
 * ocilayout. */
int ocilayout_open(void *arg, size_t i, struct err *e);

#endif
