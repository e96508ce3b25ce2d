/*
 * The challenge of a WWW-Authenticate header: RFC 9110, 11.2 to 11.6.1, with
 * the parameters that a registry's token authentication has (distribution spec,
 * "Token Authentication Specification").
 */
#ifndef CT_CHALLENGE_H
#define CT_CHALLENGE_H

#include "str.h"

struct err;

struct challenge {
	enum { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER } kind;
	char *realm, *service;	/* NULL: not said */
};

/*
 * The one that can be answered, of all that the headers hold: Bearer before
 * Basic. A header that breaks the grammar, a parameter that comes twice, a
 * value with control characters are errors; so is a Bearer without a realm.
 */
int challenge_read(const struct strv *headers, struct challenge *c, struct err *e);
void challenge_free(struct challenge *c);
#define own_challenge __attribute__((cleanup(challenge_free)))

#endif
