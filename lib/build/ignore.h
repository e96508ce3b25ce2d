/*
 * The patterns of .dockerignore and --exclude, which exclude files of the context (Dockerfile
 * reference; moby's patternmatcher). The last pattern that matches the file, or a directory above
 * it, decides; a pattern with "!" in front includes the file again. "**" matches any number of
 * directories; otherwise patterns are as in glob.h.
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
	bool exceptions; /* a pattern begins with "!" */
};

/* Adds the lines of a .dockerignore. The error names the line of a malformed pattern. */
int ignore_read(struct ignore *ig, const char *text, struct err *e);
/* Adds one pattern. */
int ignore_add(struct ignore *ig, const char *pattern, struct err *e);
void ignore_free(struct ignore *ig);
#define own_ignore __attribute__((cleanup(ignore_free)))

/*
 * Whether the file at path (relative to the top, without leading or trailing "/") is excluded. up:
 * the result for its directory, ig->n flags; NULL at the top. here: receives the same for this
 * path, to be passed on for files in it; or NULL.
 */
bool ignore_has(const struct ignore *ig, const char *path, const bool *up, bool *here);
/* The same without results for the directories above. */
bool ignore_has_path(const struct ignore *ig, const char *path);

#endif
