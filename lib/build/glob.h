/*
 * File name patterns as Go's filepath.Match has them, which Dockerfiles use: "*" is any text
 * without "/" (a leading dot included), "?" one character that is not "/", [a-z] and [^a-z] one of
 * a class,
 * "\" takes the meaning of the next character away.
 */
#ifndef CT_GLOB_H
#define CT_GLOB_H

#include <stdbool.h>

/* 1: the pattern matches the whole name; 0: it does not; -1: it is no pattern. */
int glob_match(const char *pattern, const char *name);

/* Whether it holds a wildcard that no "\" takes the meaning of. */
bool glob_is(const char *text);

/* The text with each "\" that takes a meaning away dropped: the one name that a pattern without
 * wildcards matches. The caller frees it. */
char *glob_plain(const char *text);

#endif
