/*
 * A registry, as the OCI distribution spec 1.1 and Docker's registry HTTP API
 * V2 describe it: tokens, manifests, blobs.
 *
 * What does not come at once (429, 5xx, a connection that breaks off) is tried a
 * few times, each after a longer wait, or after what Retry-After says, up to a
 * minute. A token is asked for reading this one repository, whatever the
 * challenge says, and again when it has expired. Challenges of other hosts, where
 * a redirect led to, are not answered.
 */
#ifndef CT_REGISTRY_H
#define CT_REGISTRY_H

#include <stdbool.h>

#include "base/str.h"
#include "image/auth.h"
#include "image/manifest.h"
#include "store/ref.h"

struct err;

struct registry {
	const struct ref *ref;
	char *base;            /* "https://registry-1.docker.io/v2" */
	bool met;              /* it has answered */
	struct auth auth;      /* what is known: */
	bool sought;           /* it is, the auth files were read or need not be */
	char *token;           /* bearer; NULL: none was needed so far */
	bool basic;            /* the credentials go with every request */
	struct buf token_json; /* the answer that token came from; empty: none */
	bool passing; /* what failed last may well go on another time: the connection, a busy server
		       */
	/* Told before each new try of something that failed: why, in a line. May be NULL. */
	void (*retry)(const char *why);
};

/*
 * creds: "USER:PASSWORD" of the user's; NULL: what docker's and podman's auth
 * files say of this image (auth.h), read if the registry asks for it. Nothing is
 * sent yet. Plain http where http_plain_allowed says so and https is not spoken
 * there. Errors of all that follows name the image.
 */
int registry_open(struct registry *r, const struct ref *ref, const char *creds, struct err *e);
void registry_close(struct registry *r);
#define own_registry __attribute__((cleanup(registry_close)))

/* Takes out of e whatever of credentials and tokens it says: of what a server said, or a manifest.
 * All errors below had that. */
void registry_hide(const struct registry *r, struct err *e);

/* Answers the challenge that /v2/ gives, if it gives one, so that the rest need not. */
int registry_login(struct registry *r, struct err *e);

/*
 * A manifest or an index by tag or digest, MANIFEST_MAX bytes at most; its
 * digest is compared with the one it was asked for by, and with the one that the
 * registry says. type: as served. digest: of these bytes.
 */
int registry_manifest(struct registry *r, const char *reference, struct buf *json, char type[128],
		      char digest[DIGEST_LEN], struct err *e);

/*
 * A blob, given to take as it comes, from byte `from` on; what is before is with
 * the caller, and in `d`. After a break it goes on where it broke. Size and digest
 * are compared: 0 means that all of it was there and right; `d` is at its end then.
 */
int registry_blob(struct registry *r, const struct descriptor *blob, uint64_t from,
		  struct digest *d,
		  int (*take)(void *arg, const void *data, size_t n, struct err *e), void *arg,
		  struct err *e);

#endif
