/*
 * HTTP(S) requests as a registry's client makes them (libcurl). One at a time,
 * in the calling process; a child that was forked has connections of its own.
 * No cookies, no .netrc; proxies from the environment, but none to reach loopback.
 *
 * Redirects are followed, ten at most, to https only (to http only where plain
 * http is allowed for the first host and for the new one); credentials go to
 * no host or port but the first, and none stands in a URL. A server that does not answer or sends
 * less than 1 KiB/s for http_patience seconds is given up.
 */
#ifndef CT_HTTP_H
#define CT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;

struct http_request {
	const char *url;
	const char *accept; /* NULL: anything */
	const char *bearer; /* token; NULL: none */
	const char *user;   /* "USER:PASSWORD", basic; NULL: none */
	const char *post;   /* form to post; NULL: a GET */
	bool token;         /* it asks for a token: how that is told (explain.h) */
	uint64_t from;      /* take gets the bytes from here on (asked for by Range, */
	bool whole;         /* unless the whole is asked for, and read past what is known) */
	uint64_t max; /* a whole of more bytes than this is an error, found before they are all here
		       */
	/* Takes the body of a 200 or 206 as it comes; gives -1 with the error set to end it. */
	int (*take)(void *arg, const void *data, size_t n, struct err *e);
	void *arg;
};

/* What came of a request. */
enum http_outcome {
	HTTP_ANSWERED, /* with any status */
	HTTP_AWAY,     /* there is no connection to be had */
	HTTP_NO_TLS,   /* there is, but TLS does not come about */
	HTTP_BROKEN,   /* reset, cut short, stalled: it is worth trying again */
	HTTP_REFUSED,  /* by us: the answer, a redirect, a certificate is not to be taken; or take
			  said no */
};

struct http_reply {
	enum http_outcome outcome;
	long status;
	bool moved;             /* not the first host and port: a redirect led there */
	char *type;             /* Content-Type without parameters; NULL: none */
	struct strv challenges; /* every WWW-Authenticate */
	char *digest;           /* Docker-Content-Digest; NULL: none */
	unsigned retry_after;   /* seconds; 0: not said */
	uint64_t got;           /* bytes that take was given */
	struct buf said;        /* what came with another status, its first 64 KiB */
};

/* Once in a program, before anything else here. insecure: --tls-verify=false, plain http and any
 * certificate will do. */
int http_begin(bool insecure, struct err *e);

/*
 * Gives 0 if the outcome is HTTP_ANSWERED. The reply is filled in either way;
 * http_reply_free frees it. Errors name the host. A body that ends early
 * without having said its length is an answer: the caller knows better. One
 * that is the whole though Range asked for less is read past what is known.
 */
int http_do(const struct http_request *q, struct http_reply *r, struct err *e);
void http_reply_free(struct http_reply *r);
#define own_reply __attribute__((cleanup(http_reply_free)))

/* Whether plain http is allowed for a host[:port]: loopback, or --tls-verify=false. */
bool http_plain_allowed(const char *host);

/* Seconds: 30, or CT_TEST_STALL (for a connection to come about, always 30). */
unsigned http_patience(void);

#endif
