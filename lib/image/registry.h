/*
 * A client of a registry (OCI distribution spec 1.1, Docker's registry HTTP API V2): tokens,
 * manifests, blobs.
 *
 * A request that fails temporarily (status 429 or 5xx, a broken connection) is repeated a few
 * times, with growing waits or after the time that Retry-After gives, at most a minute. A token is
 * requested only for reading this one repository, whatever the challenge asks, and again when it
 * has expired. Challenges of other hosts, to which a redirect led, are not answered.
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
	bool met;              /* the registry has answered */
	struct auth auth;      /* the credentials, valid if sought is set */
	bool sought;           /* the auth files were read, or need not be */
	char *token;           /* bearer token; NULL: none was needed so far */
	bool basic;            /* the credentials are sent with every request (Basic) */
	struct buf token_json; /* the token server's answer; empty: none */
	bool passing;          /* the last failure is temporary: the connection, a busy server */
	/* Called before each new try with the reason, in one line. May be NULL. */
	void (*retry)(const char *why);
};

/*
 * Prepares a client; sends nothing yet. creds: "USER:PASSWORD" from the user. NULL: the auth files
 * of docker and podman (auth.h) are read when the registry asks for credentials. Plain http is used
 * if http_plain_allowed allows it and the registry does not speak https. The errors of all
 * functions below name the image.
 */
int registry_open(struct registry *r, const struct ref *ref, const char *creds, struct err *e);
void registry_close(struct registry *r);
#define own_registry __attribute__((cleanup(registry_close)))

/*
 * Removes credentials and tokens from the error's message, which may quote a server or a manifest.
 * The functions below already do this.
 */
void registry_hide(const struct registry *r, struct err *e);

/* Answers the challenge of /v2/, if there is one, so that later requests are authorised at once. */
int registry_login(struct registry *r, struct err *e);

/*
 * Fetches a manifest or an index by tag or digest, at most MANIFEST_MAX bytes. Its digest is
 * compared with the requested one and with the registry's header. type: the served media type.
 * digest: the digest of the bytes.
 */
int registry_manifest(struct registry *r, const char *reference, struct buf *json, char type[128],
		      char digest[DIGEST_LEN], struct err *e);

/*
 * Fetches a blob from byte `from` on and gives it to take piece by piece. The caller has the bytes
 * before `from`, and they are already hashed in `d`. A broken transfer resumes where it broke.
 * Returns 0 only if the size and the digest are right.
 */
int registry_blob(struct registry *r, const struct descriptor *blob, uint64_t from,
		  struct digest *d,
		  int (*take)(void *arg, const void *data, size_t n, struct err *e), void *arg,
		  struct err *e);

#endif
