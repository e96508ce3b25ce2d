/*
 * The JSON documents that describe an image: OCI image spec 1.1 (index,
 * manifest, config) and Docker's (manifest list, schema 2, its config). They
 * are hostile input: each was compared with its digest before, and says
 * nothing that is believed without a check here.
 */
#ifndef CT_MANIFEST_H
#define CT_MANIFEST_H

#include <stdint.h>

#include "base/digest.h"
#include "base/record.h"

struct err;

/* No document is larger; what is, is refused by who fetches it. */
enum { MANIFEST_MAX = 4 << 20, MANIFEST_LAYERS = 512 };

/* What is accepted where a manifest is asked for (an Accept header's value). */
extern const char manifest_types[];

struct descriptor {
	char type[128]; /* media type */
	char digest[DIGEST_LEN];
	uint64_t size; /* bytes; at most 2^53 */
};

enum manifest_kind { MANIFEST_INDEX, MANIFEST_IMAGE };

struct manifest {
	enum manifest_kind kind;
	struct descriptor *list; /* the layers, base first; of an index: the one for the platform */
	size_t n;
	struct descriptor config; /* of an image */
	struct strv names;        /* of a layout's index.json: what it calls that one, any text */
};

/* Whether it is one: "linux/amd64", "linux/arm/v7". */
int manifest_check_platform(const char *platform, struct err *e);

void manifest_free(struct manifest *m);
#define own_manifest __attribute__((cleanup(manifest_free)))

/*
 * type: the media type it was served or described with (NULL: not known); one
 * that contradicts the document's own is an error, application/json says nothing. Both
 * `layers` and `manifests`, schema 1, foreign layers, encrypted layers, media types that are
 * no layer's are errors too. platform: "linux/amd64[/VARIANT]", NULL for this
 * machine's; the error for an index without it lists those that it has. An entry that is
 * for no platform is taken if it is the only one. What an index leads to may be an index
 * again (see list[0].type): how far to go is for the caller.
 */
int manifest_read(const void *json, size_t n, const char *type, const char *platform,
		  const char *what, struct manifest *m, struct err *e);

/*
 * The index.json of an OCI image layout: as an index for this machine's platform, but one image
 * alone is taken whatever it is for, several that no platform tells apart are an error, and one may
 * be listed under several names (annotations io.containerd.image.name and
 * org.opencontainers.image.ref.name).
 */
int manifest_read_layout(const void *json, size_t n, const char *what, struct manifest *m,
			 struct err *e);

/*
 * The image's configuration as keys of image.h (created, arch, entrypoint, cmd, env, workdir,
 * user, stopsignal, volume, label, expose), and besides: diffid* (base first), history* (one
 * line of JSON each, as it stands in the document). os other than linux, a number of diff ids that
 * is not the manifest's number of layers (layers) are errors; so is an arch that is not the
 * platform's (NULL: any will do).
 */
int manifest_config(const void *json, size_t n, size_t layers, const char *platform,
		    const char *what, struct record *config, struct err *e);

#endif
