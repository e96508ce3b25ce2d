/*
 * Shell patterns in ${NAME#PATTERN} and its like, without bracket expressions, as in
 * the Dockerfile reference: "*" is any text, "?" any character, "\" takes the meaning of a
 * "*", "?" or "\" away; before "}" and "/" it is dropped, as they need it there.
 */
#ifndef CT_PATTERN_H
#define CT_PATTERN_H

#include "base/str.h"

struct err;

/* Whether a "\" stands before something else. The others below take what passed this. */
int pattern_check(const char *pattern, struct err *e);

/* How long the shortest (or longest) prefix is that matches; 0 also if none does. */
void pattern_prefix(const char *pattern, const char *text, bool longest, size_t *n);
/* Where the shortest (or longest) suffix that matches begins; at the end also if none does. */
void pattern_suffix(const char *pattern, const char *text, bool longest, size_t *from);

/* The text with the first match, or all (each the longest from its place), replaced. */
void pattern_replace(const char *pattern, const char *text, const char *with, bool all,
		     struct buf *out);

#endif
