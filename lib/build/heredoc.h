/*
 * Heredocs in a Dockerfile: "<<WORD" in a RUN, COPY or ADD stands for the lines that follow,
 * up to one that is WORD (Dockerfile reference, "Here-Documents").
 */
#ifndef CT_HEREDOC_H
#define CT_HEREDOC_H

#include "base/str.h"

struct heredoc {
	char *name;
	char *content; /* with its newlines; NULL until it was read */
	bool expand;   /* no part of the word is quoted: variables in the content are replaced */
	bool chomp;    /* "<<-": tabs that lines begin with are dropped */
};

struct heredocs {
	struct heredoc *v;
	size_t n;
};

/* Whether a word, quotes kept, is one: "<<EOF", "<<-EOF", "3<<'EOF'". Fills in all but the content.
 */
bool heredoc_read_word(const char *word, struct heredoc *h);
/* All of a line are added. A line whose quotes do not end has none. */
void heredocs_find(const char *line, struct heredocs *out);

/* Whether a line of the file (n bytes, without its newline) ends the heredoc. */
bool heredoc_ends(const struct heredoc *h, const char *line, size_t n);
/* The content, without the tabs that go. The caller frees it. */
char *heredoc_text(const struct heredoc *h);

void heredoc_free(struct heredoc *h);
void heredocs_free(struct heredocs *h);

#endif
