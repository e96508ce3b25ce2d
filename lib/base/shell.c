#include "base/shell.h"

#include <stdbool.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

static void quote(struct buf *to, const char *text, size_t n)
{
	buf_str(to, "'");
	for (; n; text++, n--)
		buf_add(to, *text == '\'' ? "'\\''" : text, *text == '\'' ? 4 : 1);
	buf_str(to, "'");
}

/*
 * Length of a character that is safe inside quotes. A tab moves the cursor only a few
 * columns, so it is safe.
 */
static size_t harmless(const char *s)
{
	return *s == '\t' ? 1 : str_shown(s);
}

/*
 * Adds a printf(1) format that prints the n bytes. The format contains no control character and
 * does not start with "-".
 */
static void quote_format(struct buf *to, const char *text, size_t n)
{
	own_str char *copy = str_dup_n(text, n);
	own_buf struct buf escaped = {0};
	size_t shown;

	buf_str(&escaped, "");
	for (const char *c = copy; *c; c += shown ? shown : 1) {
		shown = harmless(c);
		if (*c == '\n')
			buf_str(&escaped, "\\n");
		else if (!shown || (*c == '-' && c == copy))
			buf_fmt(&escaped, "\\%03o", (unsigned char)*c);
		else if (*c == '%' || *c == '\\')
			buf_fmt(&escaped, "%c%c", *c, *c);
		else
			buf_add(&escaped, c, shown);
	}
	quote(to, escaped.data, escaped.len);
}

void shell_word(struct buf *to, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
	size_t n = strlen(word), shown = 0, one;

	if (n && !word[strspn(word, plain)]) {
		buf_str(to, word);
		return;
	}
	/* Command substitution strips newlines at the end: quote those separately. */
	while (n && word[n - 1] == '\n')
		n--;
	while (shown < n && (one = harmless(word + shown)))
		shown += one;
	if (shown < n) {
		buf_str(to, "\"$(printf ");
		quote_format(to, word, n);
		buf_str(to, ")\"");
		word += n;
		if (!*word)
			return;
	}
	quote(to, word, strlen(word));
}

char *shell_quoted(const char *word)
{
	struct buf b = {0};

	shell_word(&b, word);
	return b.data;
}

void shell_words(struct buf *to, const struct strv *words)
{
	for (size_t i = 0; i < words->n; i++) {
		buf_str(to, " ");
		shell_word(to, words->v[i]);
	}
}

void shell_format(struct buf *to, const char *text)
{
	quote_format(to, text, strlen(text));
}

void shell_indent(struct buf *to, const char *lines)
{
	own_strv struct strv list = {0};
	bool here = false;

	strv_split(&list, lines, '\n');
	for (size_t i = 0; i + 1 < list.n; i++) {
		buf_fmt(to, "%s%s\n", here ? "" : "	", list.v[i]);
		here = here ? !str_equal(list.v[i], "END")
			    : strstr(list.v[i], "<<'END'") || strstr(list.v[i], "<<END");
	}
}
