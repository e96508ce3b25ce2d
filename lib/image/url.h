/* Parses URLs (with libcurl's parser: RFC 3986, plus what browsers allow). */
#ifndef CT_URL_H
#define CT_URL_H

#include <stdbool.h>

struct err;

struct url {
	char *scheme; /* "http" or "https" */
	char *host;   /* HOST[:PORT], without the scheme's usual port */
};

/* Errors are: another scheme, a user or a password, no host, control characters. */
int url_read(const char *text, struct url *u, struct err *e);
void url_free(struct url *u);
#define own_url __attribute__((cleanup(url_free)))

/* Whether both have the same scheme, host and port. */
bool url_same(const struct url *a, const struct url *b);

/* Whether HOST[:PORT] is "localhost", or a literal address in 127/8 or ::1 (in brackets). */
bool url_is_loopback(const char *host);

/*
 * Resolves a reference, as a Location header has it, against a URL: RFC 3986, 5.2. The caller frees
 * it; NULL with the error.
 */
char *url_resolve(const char *base, const char *reference, struct err *e);

/* Escapes a string for a URL's query or a form. The caller frees it. */
char *url_escape(const char *s);

#endif
