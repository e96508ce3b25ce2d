/*
 * An image as an OCI image layout in a tar (image-layout.md of the OCI image spec
 * 1.1), written as its parts come: what skopeo calls oci-archive.
 */
#ifndef CT_OCITAR_H
#define CT_OCITAR_H

#include "manifest.h"
#include "str.h"

struct err;

struct ocitar {
	struct archive *archive;
	int fd;
	const char *target;	/* what is written to, as messages call it */
	uint64_t left;		/* bytes that the file begun last is still to get */
	bool stopped;		/* nothing is written any more */
	int sys;		/* errno of the write that failed */
};

/* Writes to fd what such a layout begins with: its version, and the index of this one manifest. name: its annotation. */
int ocitar_begin(struct ocitar *o, int fd, const char *target, const struct descriptor *manifest, const char *name,
		 struct err *e);
/* A blob of this digest and size follows, in as many pieces as it comes in. */
int ocitar_blob(struct ocitar *o, const struct descriptor *blob, struct err *e);
int ocitar_data(void *ocitar, const void *data, size_t n, struct err *e);
/* The end mark. */
int ocitar_end(struct ocitar *o, struct err *e);
/* Frees what it holds; without ocitar_end before, the archive stays without an end mark. */
void ocitar_close(struct ocitar *o);
#define own_ocitar __attribute__((cleanup(ocitar_close)))

#endif
