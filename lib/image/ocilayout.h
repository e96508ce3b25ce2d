/*
 * Images laid out as files in a directory, as archives of images are once they
 * are unpacked: an OCI image layout (OCI image spec 1.1, image-layout.md), what
 * `docker save` and `podman save` write (manifest.json: [{Config, RepoTags,
 * Layers}]), or both at once (docker since 25), which is read as the first.
 *
 * The files are trusted in nothing: only regular ones are opened, links lead
 * nowhere out of the directory, and what has a digest is compared with it.
 */
#ifndef CT_OCILAYOUT_H
#define CT_OCILAYOUT_H

#include <stdbool.h>

#include "base/record.h"

struct descriptor;
struct err;

struct ocilayout {
	int dir;              /* the caller's */
	const char *what;     /* the archive, in messages */
	struct record config; /* as manifest_config gives it, and digest (if it is an OCI layout's),
				 config-digest */
	struct strv layers;   /* files beneath dir, base first */
	struct descriptor *blobs; /* of those; NULL: nothing is said of them but the diff ids */
	struct strv digests;      /* of what led to the image: indexes, its manifest */
	struct strv said;         /* names, not looked at yet */
};

/*
 * Whether dir holds images rather than a root filesystem. One that has the files of
 * both is a root filesystem: they may well lie about in one.
 */
bool ocilayout_found(int dir);

/*
 * The one image that is in it: several for other platforms do not count, several
 * under other names are an error. On failure l holds nothing.
 */
int ocilayout_read(int dir, const char *what, struct ocilayout *l, struct err *e);
void ocilayout_free(struct ocilayout *l);
#define own_ocilayout __attribute__((cleanup(ocilayout_free)))

/*
 * Its names, as ref_name gives them, and the same by the digests that were seen to be its own,
 * whatever digest an archive names. One that is no name is an error.
 */
int ocilayout_names(const struct ocilayout *l, struct strv *names, struct err *e);

/* The file of layer i, compared with its digest, as struct import wants to open it; arg is a struct
 * ocilayout. */
int ocilayout_open(void *arg, size_t i, struct err *e);

#endif
