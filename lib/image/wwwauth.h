/*
 * The challenge of a WWW-Authenticate header: RFC 9110, 11.2 to 11.6.1, with
 * the parameters that a registry's token authentication has (distribution spec,
 * "Token Authentication Specification").
 */
#ifndef CT_WWWAUTH_H
#define CT_WWWAUTH_H

#include "base/str.h"

struct err;

struct wwwauth {
	enum { WWWAUTH_NONE, WWWAUTH_BASIC, WWWAUTH_BEARER } kind;
	char *realm, *service; /* NULL: not said */
};

/*
 * The one that can be answered, of all that the headers hold: Bearer before
 * Basic. A header that breaks the grammar, a parameter that comes twice, a
 * value with control characters are errors; so is a Bearer without a realm.
 */
int wwwauth_read(const struct strv *headers, struct wwwauth *c, struct err *e);
void wwwauth_free(struct wwwauth *c);
#define own_wwwauth __attribute__((cleanup(wwwauth_free)))

#endif
