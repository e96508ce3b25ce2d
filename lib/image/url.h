/* Where a URL leads (libcurl's parser: RFC 3986, with what browsers allow). */
#ifndef CT_URL_H
#define CT_URL_H

#include <stdbool.h>

struct err;

struct url {
	char *scheme; /* "http" or "https" */
	char *host;   /* HOST[:PORT], without the scheme's usual port */
};

/* A URL of another scheme, with a user or a password, without a host or with control characters is
 * an error. */
int url_read(const char *text, struct url *u, struct err *e);
void url_free(struct url *u);
#define own_url __attribute__((cleanup(url_free)))

/* The same scheme, host and port. */
bool url_same(const struct url *a, const struct url *b);

/* Of a HOST[:PORT]: "localhost", or a literal address of 127/8 or ::1 (in brackets). */
bool url_is_loopback(const char *host);

/* A string in a URL's query or in a form. The caller frees it. */
char *url_escape(const char *s);

#endif
