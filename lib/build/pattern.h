/*
 * Shell patterns in ${NAME#PATTERN} and similar substitutions (Dockerfile reference): "*" matches
 * any text, "?" any character, "\" quotes "*", "?", "\", "}" and "/". There are no bracket
 * expressions.
 */
#ifndef CT_PATTERN_H
#define CT_PATTERN_H

#include "base/str.h"

struct err;

/* Refuses a "\" before another character. The functions below need a pattern that passed this
 * check. */
int pattern_check(const char *pattern, struct err *e);

/* The length of the shortest (or longest) prefix that matches; 0 if none does. */
void pattern_prefix(const char *pattern, const char *text, bool longest, size_t *n);
/* The start of the shortest (or longest) suffix that matches; the end of the text if none does. */
void pattern_suffix(const char *pattern, const char *text, bool longest, size_t *from);

/*
 * Replaces the first match, or all; each match is the longest from its start. False if the result
 * is longer than max.
 */
bool pattern_replace(const char *pattern, const char *text, const char *with, bool all, size_t max,
		     struct buf *out);

#endif
