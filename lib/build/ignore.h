/*
 * Which files of a build's context are left out: the patterns of a .dockerignore, and of --exclude
 * (Dockerfile reference; moby's patternmatcher). Of several patterns that match
 * a file, or a directory that it is in, the last one says; "!" before it takes the file in again.
 * "**" matches any number of directories, the rest is as in glob.h.
 */
#ifndef CT_IGNORE_H
#define CT_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct ignore_pattern;

struct ignore {
	struct ignore_pattern *v;
	size_t n;
	bool exceptions; /* some begin with "!" */
};

/* The lines of a .dockerignore are added. One that is no pattern is an error that names its line. */
int ignore_read(struct ignore *ig, const char *text, struct err *e);
/* One pattern is added. */
int ignore_add(struct ignore *ig, const char *pattern, struct err *e);
void ignore_free(struct ignore *ig);
#define own_ignore __attribute__((cleanup(ignore_free)))

/*
 * Whether the file at path (beneath the top, without "/" at its ends) is left out. up: what was
 * stored for the directory that it is in, ig->n flags; NULL at the top. here: the same of this
 * path, for the files in it; or NULL.
 */
bool ignore_has(const struct ignore *ig, const char *path, const bool *up, bool *here);
/* The same of a path alone. */
bool ignore_has_path(const struct ignore *ig, const char *path);

#endif
