/* How the cells of a table look on a terminal: for eyes, not for programs. */
#ifndef CT_SCREEN_H
#define CT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* "64.2 MB", in powers of 1000. The caller frees it. */
char *screen_size(uint64_t bytes);
/* "3 hours ago"; a time that is not past is "now". The caller frees it. */
char *screen_age(const struct timespec *then, const struct timespec *now);
/* The escape sequence for the text of a status: green runs, red failed; "" for the others. */
const char *screen_status_colour(const char *status);
#define SCREEN_PLAIN "\033[0m"

/* Columns of the terminal; 0: no limit. */
size_t screen_width(int fd);
/* Whether the user wants colours (NO_COLOR is not set, and TERM is not "dumb"). */
bool screen_has_colours(void);

/*
 * Narrows columns for a line of `columns` characters, gap between: the widest of those that may be
 * clipped first, and none below SCREEN_NARROW. False: the line is still too long.
 */
enum { SCREEN_NARROW = 10 };
bool screen_fit(size_t *width, const bool *clip, size_t n, size_t gap, size_t columns);

/* Characters of a text; all count as one column wide. */
size_t screen_columns(const char *text);
/* A text of at most `width` characters: a longer one ends with "...". The caller frees it. */
char *screen_clip(const char *text, size_t width);

#endif
