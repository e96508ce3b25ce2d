/*
 * Parses the challenges of WWW-Authenticate headers (RFC 9110, sections 11.2 to 11.6.1), with the
 * parameters of a registry's token authentication (distribution spec, "Token Authentication
 * Specification").
 */
#ifndef CT_WWWAUTH_H
#define CT_WWWAUTH_H

#include "base/str.h"

struct err;

struct wwwauth {
	enum { WWWAUTH_NONE, WWWAUTH_BASIC, WWWAUTH_BEARER } kind;
	char *realm, *service; /* NULL: not given */
};

/*
 * Chooses a challenge that this client can answer: Bearer before Basic. Errors are: a header that
 * breaks the grammar, a parameter that is given twice, a value with control characters, a Bearer
 * challenge without a realm.
 */
int wwwauth_read(const struct strv *headers, struct wwwauth *c, struct err *e);
void wwwauth_free(struct wwwauth *c);
#define own_wwwauth __attribute__((cleanup(wwwauth_free)))

#endif
