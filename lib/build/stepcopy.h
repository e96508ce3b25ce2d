/* COPY and ADD as steps. */
#ifndef CT_STEPCOPY_H
#define CT_STEPCOPY_H

#include "build/stepping.h"

/* Does the current instruction. False: it is neither of these. */
bool stepcopy_apply(struct stepping *s);

/* Whether a source of ADD is to be fetched. */
bool stepcopy_is_url(const char *source);

#endif
