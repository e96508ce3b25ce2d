/* Text of a POSIX shell, written so that any string comes out as it went in. */
#ifndef CT_SHELL_H
#define CT_SHELL_H

struct buf;
struct strv;

/* One word, quoted if need be; what could move a cursor is written as printf(1) has it, but
 * newlines at the end are themselves. */
void shell_word(struct buf *to, const char *word);
/* Each with a space before it. */
void shell_words(struct buf *to, const struct strv *words);
/* The argument of printf(1) that prints the text: one line, whatever is in it. */
void shell_format(struct buf *to, const char *text);

#endif
