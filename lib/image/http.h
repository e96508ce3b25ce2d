/*
 * Makes HTTP(S) requests for a registry client, with libcurl. Requests run one at a time in the
 * calling process; a forked child has its own connections. Cookies and .netrc are not used. Proxies
 * come from the environment, except for loopback.
 *
 * At most ten redirects are followed, only to https. A redirect to http is followed only if plain
 * http is allowed for both hosts. Credentials go only to the first host and port, and never stand
 * in a URL. A request fails if the server does not answer, or sends less than 1 KiB/s, for
 * http_patience seconds.
 */
#ifndef CT_HTTP_H
#define CT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

struct err;

/* The body of a request: bytes of a file or of memory. Redirects are not followed with it. */
struct http_upload {
	const char *type;           /* Content-Type; NULL: none */
	const char *range;          /* Content-Range; NULL: none */
	const void *data;           /* NULL: the bytes are in fd */
	int fd;                     /* a regular file */
	uint64_t from, size;        /* these bytes */
	uint64_t sent;              /* how many libcurl has taken */
	_Atomic uint64_t *progress; /* gets from + sent; may be NULL */
};

struct http_request {
	const char *url;
	const char *method;         /* NULL: GET, or POST of a form */
	struct http_upload *upload; /* NULL: none */
	const char *accept;         /* NULL: anything */
	const char *bearer;         /* token; NULL: none */
	const char *user;           /* "USER:PASSWORD", basic; NULL: none */
	const char *post;           /* form to post; NULL: a GET */
	bool token;                 /* a request for a token, which explain.h shows differently */
	uint64_t from; /* take gets the bytes from this offset on, requested by Range */
	bool whole;    /* request the whole without Range, and skip the bytes before from */
	uint64_t max;  /* a larger body is an error, before all of it has arrived */
	/* Gets the body of a 200 or 206 piece by piece; returns -1 with an error to stop. */
	int (*take)(void *arg, const void *data, size_t n, struct err *e);
	void *arg;
};

enum http_outcome {
	HTTP_ANSWERED, /* the server answered, with any status */
	HTTP_AWAY,     /* no connection could be made */
	HTTP_NO_TLS,   /* connected, but the TLS handshake failed */
	HTTP_BROKEN,   /* reset, truncated or stalled: worth another try */
	HTTP_REFUSED, /* this client refused the answer, a redirect or a certificate, or take failed
		       */
};

struct http_reply {
	enum http_outcome outcome;
	long status;
	bool moved;             /* a redirect led to another host or port */
	char *type;             /* Content-Type without parameters; NULL: none */
	struct strv challenges; /* every WWW-Authenticate */
	char *digest;           /* Docker-Content-Digest; NULL: none */
	char *location, *range; /* Location and Range; NULL: none */
	unsigned retry_after;   /* Retry-After in seconds; 0: none */
	uint64_t got;           /* number of bytes that take got */
	struct buf said;        /* the body of any other status, at most 64 KiB */
};

/*
 * Call once in a program, before any other function here. insecure (--tls-verify=false): accept
 * plain http and any certificate.
 */
int http_begin(bool insecure, struct err *e);

/*
 * Returns 0 if the outcome is HTTP_ANSWERED. The reply is filled in any case; free it with
 * http_reply_free. Errors name the host. A truncated body without a Content-Length counts as an
 * answer: the caller has to check its size. If the server ignores Range and sends the whole, the
 * bytes before from are skipped.
 */
int http_do(const struct http_request *q, struct http_reply *r, struct err *e);
static inline void http_reply_free(struct http_reply *r)
{
	free(r->type);
	strv_free(&r->challenges);
	free(r->digest);
	free(r->location);
	free(r->range);
	buf_free(&r->said);
	*r = (struct http_reply){0};
}
#define own_reply __attribute__((cleanup(http_reply_free)))

/* Whether plain http is allowed for a host[:port]: loopback, or --tls-verify=false. */
bool http_plain_allowed(const char *host);

/* Seconds to wait: 30, or CT_TEST_STALL (connecting always has 30). */
unsigned http_patience(void);

#endif
