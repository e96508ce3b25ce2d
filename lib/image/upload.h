/*
 * Uploads an image to a registry (OCI distribution spec 1.1, "Push"). For each blob the registry is
 * asked first whether it has it, then whether it can take it from another of its repositories. Only
 * then is the blob sent, a few blobs at a time. A broken upload continues after the bytes that the
 * registry has received. The manifest is sent last, so the registry never has an incomplete image
 * under the name.
 */
#ifndef CT_UPLOAD_H
#define CT_UPLOAD_H

#include "image/outgoing.h"
#include "image/registry.h"

struct err;

struct upload {
	const struct outgoing *image;
	struct registry *registry; /* its token may push */
	/* Called at intervals with the numbers of blobs and bytes done, and of all. May be NULL. */
	void (*progress)(size_t blobs, size_t of, uint64_t bytes, uint64_t of_bytes);
};

/*
 * The registry's answers are not trusted: the upload URLs that it gives must be its own. Errors
 * name the image.
 */
int upload_image(struct upload *u, struct err *e);

#endif
