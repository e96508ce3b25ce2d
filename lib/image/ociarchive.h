/*
 * An image as an OCI image layout in a tar (image-layout.md of the OCI image spec
 * 1.1), written as its parts come: what skopeo calls oci-archive.
 */
#ifndef CT_OCIARCHIVE_H
#define CT_OCIARCHIVE_H

#include "base/str.h"
#include "image/manifest.h"

struct err;

struct ociarchive {
	struct archive *archive;
	int fd;
	const char *target; /* what is written to, as messages call it */
	uint64_t left;      /* bytes that the file begun last is still to get */
	bool stopped;       /* nothing is written any more */
	int sys;            /* errno of the write that failed */
};

/* Writes to fd what such a layout begins with: its version, and the index of this one manifest.
 * name: its annotation. */
int ociarchive_begin(struct ociarchive *o, int fd, const char *target,
		     const struct descriptor *manifest, const char *name, struct err *e);
/* A blob of this digest and size follows, in as many pieces as it comes in. */
int ociarchive_blob(struct ociarchive *o, const struct descriptor *blob, struct err *e);
int ociarchive_data(void *ocitar, const void *data, size_t n, struct err *e);
/* The end mark. */
int ociarchive_end(struct ociarchive *o, struct err *e);
/* Frees what it holds; without ociarchive_end before, the archive stays without an end mark. */
void ociarchive_close(struct ociarchive *o);
#define own_ociarchive __attribute__((cleanup(ociarchive_close)))

#endif
