/*
 * The files that a COPY's sources name, in a directory that is trusted in nothing.
 */
#ifndef CT_SOURCES_H
#define CT_SOURCES_H

#include <stdbool.h>

#include "base/str.h"

struct err;
struct ignore;

struct sources {
	int root;      /* the context, or the root of a stage or an image */
	bool confined; /* a link that leads out of root is an error; or else it stays in it, as in a
			  container */
	const struct ignore *ignore; /* what of it is left out; may be NULL */
	const char *what;            /* how messages call it */
};

/*
 * The paths beneath root that a source (absolute, glob.h) names, without "/" in front ("." is root
 * itself), sorted, added to out. A pattern may name none; a plain name that is not there is an
 * error.
 */
int sources_find(const struct sources *s, const char *source, struct strv *out, struct err *e);

/* A descriptor (O_PATH) of one of these, links followed. */
int sources_open(const struct sources *s, const char *path, struct err *e);

#endif
