/* Resolves COPY and ADD to steps. */
#ifndef CT_STEPCOPY_H
#define CT_STEPCOPY_H

#include "build/stepping.h"

/* Adds the current instruction as a step. False: it is neither of these. */
bool stepcopy_apply(struct stepping *s);

/* Whether a source of ADD is a URL, to be fetched. */
bool stepcopy_is_url(const char *source);

#endif
