/* The libcurl handle of this process, and the settings that every request has (http.h). */
#ifndef CT_HTTPHANDLE_H
#define CT_HTTPHANDLE_H

#include <stdbool.h>

struct err;
struct url;

/* A CURL handle in its initial state, with the connections of earlier requests; NULL: no memory. */
void *httphandle_get(void);

/* Seconds: to connect, and without progress. */
void httphandle_limit(void *easy, unsigned connect, unsigned patience);

/* The certificates that are trusted for the host of u. */
int httphandle_trust(void *easy, const struct url *u, bool insecure, struct err *e);

#endif
