/*
 * A JSON array of strings (RFC 8259), as Dockerfiles and options write commands:
 * ["WORD", ...].
 */
#ifndef CT_JSONLIST_H
#define CT_JSONLIST_H

#include "base/str.h"

enum jsonlist {
	JSONLIST_NONE,    /* not a JSON array */
	JSONLIST_STRINGS, /* an array of strings, and nothing behind it; they are added to out */
	JSONLIST_OTHER, /* an array, but not all of its items are strings without NUL characters */
};

/* A string that holds half of a surrogate pair makes the text no JSON. */
enum jsonlist jsonlist_read(const char *text, struct strv *out);

#endif
