/* Writes text for a POSIX shell so that the shell reads back exactly the same strings. */
#ifndef CT_SHELL_H
#define CT_SHELL_H

struct buf;
struct strv;

/*
 * Adds one word, quoted if needed. Control characters become escapes of printf(1); newlines at
 * the end of the word stay newlines.
 */
void shell_word(struct buf *to, const char *word);
/* Returns the same as a string, which the caller frees. */
char *shell_quoted(const char *word);
/* Adds each word with a space before it. */
void shell_words(struct buf *to, const struct strv *words);
/* Adds lines of a script with one more tab, except in here-documents, whose end is a line END. */
void shell_indent(struct buf *to, const char *lines);
/* Adds the quoted printf(1) format that prints text. It is always one line. */
void shell_format(struct buf *to, const char *text);

#endif
