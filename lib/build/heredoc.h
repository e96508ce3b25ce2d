/*
 * Heredocs in a Dockerfile: "<<WORD" in a RUN, COPY or ADD stands for the following lines, up to a
 * line that equals WORD (Dockerfile reference, "Here-Documents").
 */
#ifndef CT_HEREDOC_H
#define CT_HEREDOC_H

#include "base/str.h"

struct heredoc {
	char *name;
	char *content; /* including newlines; NULL before it is read */
	bool expand;   /* the word has no quotes, so variables in the content are replaced */
	bool chomp;    /* "<<-": leading tabs of lines are dropped */
};

struct heredocs {
	struct heredoc *v;
	size_t n;
};

/* Whether a word (with its quotes) starts a heredoc: "<<EOF", "<<-EOF", "3<<'EOF'". Sets all fields
 * except the content. */
bool heredoc_read_word(const char *word, struct heredoc *h);
/* Adds all heredocs of a line. A line with an unterminated quote has none. */
void heredocs_find(const char *line, struct heredocs *out);

/* Whether a line of the file (n bytes, without its newline) ends the heredoc. */
bool heredoc_ends(const struct heredoc *h, const char *line, size_t n);
/* The content; without leading tabs for "<<-". The caller frees it. */
char *heredoc_text(const struct heredoc *h);

void heredoc_free(struct heredoc *h);
void heredocs_free(struct heredocs *h);

#endif
