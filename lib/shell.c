#include "shell.h"

#include <string.h>

#include "str.h"

void shell_word(struct buf *to, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";

	if (*word && !word[strspn(word, plain)]) {
		buf_str(to, word);
		return;
	}
	buf_str(to, "'");
	for (; *word; word++)
		buf_add(to, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
	buf_str(to, "'");
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
	struct buf escaped = {0};

	buf_str(&escaped, "");
	for (; *text; text++) {
		if (*text == '\n')
			buf_str(&escaped, "\\n");
		else if (*text == '%' || *text == '\\')
			buf_fmt(&escaped, "%c%c", *text, *text);
		else
			buf_add(&escaped, text, 1);
	}
	shell_word(to, escaped.data);
	buf_free(&escaped);
}
