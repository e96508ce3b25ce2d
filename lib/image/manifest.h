/*
 * Reads the JSON documents that describe an image: those of the OCI image spec 1.1 (index,
 * manifest, config) and Docker's (manifest list, manifest schema 2, config). The documents are
 * hostile input. The caller has verified their digests; every value is checked here.
 */
#ifndef CT_MANIFEST_H
#define CT_MANIFEST_H

#include <stdint.h>

#include "base/digest.h"
#include "base/record.h"

struct err;

/* The code that fetches a document refuses a larger one. */
enum { MANIFEST_MAX = 4 << 20, MANIFEST_LAYERS = 512 };

/* The value of the Accept header of a request for a manifest. */
extern const char manifest_types[];

struct descriptor {
	char type[128]; /* media type */
	char digest[DIGEST_LEN];
	uint64_t size; /* bytes; at most 2^53 */
};

enum manifest_kind { MANIFEST_INDEX, MANIFEST_IMAGE };

struct manifest {
	enum manifest_kind kind;
	struct descriptor *list; /* the layers, base first; for an index: the platform's manifest */
	size_t n;
	struct descriptor config; /* for an image only */
	struct strv names; /* for the index.json of a layout: the image's names, unchecked text */
};

/* Checks the syntax of a platform: "linux/amd64", "linux/arm/v7". */
int manifest_check_platform(const char *platform, struct err *e);

void manifest_free(struct manifest *m);
#define own_manifest __attribute__((cleanup(manifest_free)))

/*
 * Reads an index or an image manifest.
 *
 * type: the media type with which the document was served or described (NULL: unknown). It must not
 * contradict the document's own media type; application/json is ignored. Errors are also: both
 * `layers` and `manifests`, schema 1, foreign layers, encrypted layers, a layer with an unknown
 * media type.
 *
 * platform: "linux/amd64[/VARIANT]"; NULL means this machine's. If an index does not have the
 * platform, the error lists the platforms that it has. An entry without a platform is taken if it
 * is the only entry. The entry may be an index again (list[0].type): the caller limits the depth.
 */
int manifest_read(const void *json, size_t n, const char *type, const char *platform,
		  const char *what, struct manifest *m, struct err *e);

/*
 * Reads the index.json of an OCI image layout, like an index for this machine's platform. A single
 * image is taken whatever its platform. Several images of the same platform are an error. An image
 * may be listed under several names (annotations io.containerd.image.name and
 * org.opencontainers.image.ref.name).
 */
int manifest_read_layout(const void *json, size_t n, const char *what, struct manifest *m,
			 struct err *e);

/*
 * Lists the digests of the images in an index.json, if there are several for this machine's
 * platform; one "" if manifest_read_layout reads the only image.
 */
int manifest_list_layout(const void *json, size_t n, const char *what, struct strv *digests,
			 struct err *e);
/* Like manifest_read_layout, for the image with this digest of the list. */
int manifest_read_listed(const void *json, size_t n, const char *digest, const char *what,
			 struct manifest *m, struct err *e);

/*
 * Reads an image config into the keys of image.h (created, arch, entrypoint, cmd, env, workdir,
 * user, stopsignal, volume, label, expose), plus diffid (one for each layer, base first) and
 * history (one line of JSON for each entry of the document). Errors are: an os other than linux, a
 * number of diff ids that differs from layers (the manifest's number of layers), and an arch that
 * differs from the platform's (NULL: any arch).
 */
int manifest_config(const void *json, size_t n, size_t layers, const char *platform,
		    const char *what, struct record *config, struct err *e);

#endif
