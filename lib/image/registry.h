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
#include "image/http.h"
#include "image/manifest.h"
#include "store/ref.h"

struct err;

struct registry {
	const struct ref *ref;
	char *base;            /* "https://registry-1.docker.io/v2" */
	bool met;              /* the registry has answered */
	struct auth auth;      /* the credentials, valid if sought is set */
	bool sought;           /* the auth files were read, or need not be */
	const char *actions;   /* what a token is for: "pull" or "pull,push" */
	struct strv sources;   /* repositories of which a token may read blobs too */
	char *token;           /* bearer token; NULL: none was needed so far */
	bool basic;            /* the credentials are sent with every request (Basic) */
	struct buf token_json; /* the token server's answer; empty: none */
	bool passing;          /* the last failure is temporary: the connection, a busy server */
	/* Called before each new try with the reason, in one line. May be NULL. */
	void (*retry)(const char *why);
};

/*
 * Prepares a client; sends nothing yet. creds: "USER:PASSWORD" from the user. NULL: the auth files
 * of docker and podman (auth.h) are read when the registry asks for credentials. Tokens are for
 * reading, unless the caller sets `actions`. Plain http is used
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

/* --- for requests of other modules (registryget.h, upload.h) --- */

/* The tries that are left, and the next wait. */
struct registry_patience {
	int tries;
	unsigned ms; /* wait before the next try */
};
struct registry_patience registry_patience(void);
/*
 * Waits before the next try, or for the seconds that the server asked for; false if there is no
 * next try. why: the reason, for r->retry.
 */
bool registry_wait(const struct registry *r, struct registry_patience *p, unsigned asked,
		   const char *why);

/*
 * The maximum size of an answer that is neither a manifest nor a blob; the `take` for such answers,
 * whose arg is a struct buf.
 */
enum { REGISTRY_SMALL = 64 << 10 };
int registry_take_small(void *whole, const void *data, size_t n, struct err *e);

/*
 * Makes a request for a path below /v2/, and repeats it with credentials if the registry asks for
 * them. whole: the buffer that each try fills from the beginning; NULL: each try resumes.
 */
int registry_ask(struct registry *r, const char *path, struct http_request *q, struct buf *whole,
		 struct registry_patience *p, struct http_reply *reply, struct err *e);

/* Sets the error for an unexpected status; who: "the registry". Always -1. */
int registry_refused(const struct registry *r, const struct http_reply *reply, const char *who,
		     struct err *e);
/* Appends to the error's message. Always -1. */
int registry_add(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Begins the message with the image, without secrets. Always -1. */
int registry_name(const struct registry *r, struct err *e);

#endif
