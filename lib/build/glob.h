/*
 * File name patterns of Dockerfiles, which are those of Go's filepath.Match: "*" matches any text
 * without "/" (also a leading dot), "?" one character other than "/", [a-z] and [^a-z] one
 * character of a class; "\" quotes the next character.
 */
#ifndef CT_GLOB_H
#define CT_GLOB_H

#include <stdbool.h>

/* 1: the pattern matches the whole name; 0: it does not; -1: the pattern is malformed. */
int glob_match(const char *pattern, const char *name);

/* Whether the text contains an unquoted wildcard. */
bool glob_is(const char *text);

/* The text without quoting "\": the name that a pattern without wildcards matches. The caller frees
 * it. */
char *glob_plain(const char *text);

#endif
