#include "build/heredoc.h"

#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "build/expand.h"

/* Keeps words as written. In heredocs "\" is the escape character whatever a directive says. */
static const struct expand raw = {
	.escape = '\\', .keep_quotes = true, .keep_escapes = true, .keep_unset = true};

static size_t count_quotes(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\'' || *s == '"';
	return n;
}

/* Reads the word with and without its quotes. False: not exactly one word. */
static bool read_name(const char *text, struct heredoc *h)
{
	const struct expand unquoted = {.escape = '\\', .keep_unset = true};
	struct expand quoted = unquoted;
	own_strv struct strv names = {0}, as_written = {0};
	struct err ignored;

	quoted.keep_quotes = true;
	if (expand_words(text, &unquoted, &names, &ignored) < 0 || names.n != 1 ||
	    expand_words(text, &quoted, &as_written, &ignored) < 0 || as_written.n != 1)
		return false;
	h->name = str_dup(names.v[0]);
	h->expand = count_quotes(names.v[0]) == count_quotes(as_written.v[0]);
	return true;
}

bool heredoc_read_word(const char *word, struct heredoc *h)
{
	size_t blanks;

	*h = (struct heredoc){0};
	word += strspn(word, "0123456789");
	if (!str_starts(word, "<<"))
		return false;
	word += 2;
	h->chomp = *word == '-';
	word += h->chomp;
	blanks = strspn(word, " \t\r\n\f");
	word += blanks;
	/* BuildKit reads "$(( 1 << 4 ))" as a heredoc that ends with a line "4". This is never what
	 * the author means. */
	if (blanks && strspn(word, "0123456789") == strlen(word))
		return false;
	return *word && !strchr(word, '<') && read_name(word, h);
}

void heredocs_find(const char *line, struct heredocs *out)
{
	own_strv struct strv words = {0};
	struct err ignored;
	struct heredoc h;

	if (!strstr(line, "<<") || expand_words(line, &raw, &words, &ignored) < 0)
		return;
	for (size_t i = 0; i < words.n; i++) {
		if (!heredoc_read_word(words.v[i], &h))
			continue;
		out->v = mem_grow_one(out->v, out->n, sizeof(*out->v));
		out->v[out->n++] = h;
	}
}

bool heredoc_ends(const struct heredoc *h, const char *line, size_t n)
{
	while (h->chomp && n > 0 && *line == '\t') {
		line++;
		n--;
	}
	while (n > 0 && line[n - 1] == '\r')
		n--;
	return strlen(h->name) == n && memcmp(h->name, line, n) == 0;
}

char *heredoc_text(const struct heredoc *h)
{
	struct buf out = {0};
	bool begins = true;

	buf_str(&out, "");
	for (const char *s = h->content; *s; s++) {
		if (!h->chomp || !begins || *s != '\t')
			buf_add(&out, s, 1);
		begins = *s == '\n' || (begins && *s == '\t');
	}
	return out.data;
}

void heredoc_free(struct heredoc *h)
{
	free(h->name);
	free(h->content);
	*h = (struct heredoc){0};
}

void heredocs_free(struct heredocs *h)
{
	for (size_t i = 0; i < h->n; i++)
		heredoc_free(&h->v[i]);
	free(h->v);
	*h = (struct heredocs){0};
}
