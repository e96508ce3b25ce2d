/*
 * References to images, as in docker and podman:
 *
 *	[HOST[:PORT]/]PATH[:TAG][@sha256:HEX]
 *
 * The first component is a host if it contains "." or ":" or is "localhost" (IPv6 addresses are
 * in brackets). Without a host the registry is docker.io, where a PATH of one component means
 * library/PATH. Grammar: OCI distribution spec 1.1, "Pulling manifests".
 */
#ifndef CT_REF_H
#define CT_REF_H

#include <stdbool.h>

struct err;

struct ref {
	char *host;       /* "docker.io", "localhost:5000" */
	char *repository; /* "library/alpine", without the host */
	char *tag; /* "latest" if neither tag nor digest was given; NULL: only a digest was given */
	char *digest; /* "sha256:..."; NULL: none */
	bool bare;    /* the text named no host */
};

/* On failure r is empty. The error names the text and its fault. */
int ref_parse(const char *text, struct ref *r, struct err *e);
void ref_free(struct ref *r);
#define own_ref __attribute__((cleanup(ref_free)))

/*
 * The shortest equivalent name, as the store keeps it: "alpine:latest", "fedora/nginx:1",
 * "localhost:5000/a:b"; with a digest "alpine@sha256:..." (without the tag, which has no
 * meaning then). The caller frees it.
 */
char *ref_name(const struct ref *r);
/*
 * The name with the host localhost, which is a different image; NULL if the text named a host.
 * The caller frees it.
 */
char *ref_name_localhost(const struct ref *r);
/* NAME@digest for another digest of the same repository. The caller frees it. */
char *ref_name_digest(const struct ref *r, const char *digest);

#endif
