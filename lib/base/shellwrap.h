/* Breaks the long lines of a shell script, which means the same afterwards. */
#ifndef CT_SHELLWRAP_H
#define CT_SHELLWRAP_H

struct buf;

enum { SHELLWRAP_COLUMNS = 100 };

/*
 * Adds a POSIX shell script of whole commands, with no line longer than `columns` (a tab ends at
 * a multiple of 8). A line is broken by a backslash: at a blank outside quotes, otherwise in a
 * word; in single quotes the quotes end and begin again. A comment behind a command that is too
 * long goes on a line of its own before it. Here-documents stay as they are.
 */
void shellwrap(struct buf *to, const char *script, int columns);

#endif
