/*
 * A JSON array of strings (RFC 8259): ["WORD", ...]. Dockerfiles and options write
 * commands in this form.
 */
#ifndef CT_JSONLIST_H
#define CT_JSONLIST_H

#include "base/str.h"

enum jsonlist {
	JSONLIST_NONE, /* not a JSON array */
	/* an array of strings and nothing after it; the strings are added to out */
	JSONLIST_STRINGS,
	/* a JSON array with an item that is not a string, or with a NUL in a string */
	JSONLIST_OTHER,
};

/* A string with half of a surrogate pair is not JSON. */
enum jsonlist jsonlist_read(const char *text, struct strv *out);

#endif
