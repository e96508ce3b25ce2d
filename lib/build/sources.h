/*
 * Finds the files that the sources of a COPY name, in an untrusted directory.
 */
#ifndef CT_SOURCES_H
#define CT_SOURCES_H

#include <stdbool.h>

#include "base/str.h"

struct err;
struct ignore;

struct sources {
	int root;      /* the context, or the root of a stage or an image */
	bool confined; /* true: a link that leads out of root is an error; false: it is resolved
			  inside root, as in a container */
	const struct ignore *ignore; /* excluded files; may be NULL */
	const char *what;            /* its name in messages */
};

/*
 * Adds the paths beneath root that a source (an absolute pattern, glob.h) names to out, sorted and
 * without a leading "/"; "." is root itself. A pattern may match nothing; a missing plain name is
 * an error.
 */
int sources_find(const struct sources *s, const char *source, struct strv *out, struct err *e);

/* Opens one of these paths with O_PATH; links are followed. */
int sources_open(const struct sources *s, const char *path, struct err *e);

#endif
