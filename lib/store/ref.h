/*
 * References to images, as docker and podman read them:
 *
 *	[HOST[:PORT]/]PATH[:TAG][@sha256:HEX]
 *
 * The first component is a host if it has a "." or a ":" or is "localhost" (an IPv6
 * address stands in brackets); without one the registry is docker.io, where a PATH of one
 * component means library/PATH. Grammar: OCI distribution spec 1.1, "Pulling manifests".
 */
#ifndef CT_REF_H
#define CT_REF_H

#include <stdbool.h>

struct err;

struct ref {
	char *host;       /* "docker.io", "localhost:5000" */
	char *repository; /* "library/alpine", without the host */
	char *tag;        /* NULL: none was given, and there is a digest ("latest" if neither) */
	char *digest;     /* "sha256:..."; NULL: none */
	bool bare;        /* the text named no host */
};

/* On failure r holds nothing; the error names the text and what is wrong with it. */
int ref_parse(const char *text, struct ref *r, struct err *e);
void ref_free(struct ref *r);
#define own_ref __attribute__((cleanup(ref_free)))

/*
 * The name that the store keeps for it, the shortest that means the same:
 * "alpine:latest", "fedora/nginx:1", "localhost:5000/a:b", and with a digest
 * "alpine@sha256:..." (the tag then says nothing). The caller frees it.
 */
char *ref_name(const struct ref *r);
/* The same of an image called localhost/..., which is another; NULL if the text named a host. The
 * caller frees it. */
char *ref_name_localhost(const struct ref *r);
/* NAME@digest for another digest of the same repository. The caller frees it. */
char *ref_name_digest(const struct ref *r, const char *digest);

#endif
