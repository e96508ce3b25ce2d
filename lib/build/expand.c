#include "build/expand.h"

#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "build/pattern.h"

enum { DEPTH_MAX = 200 }; /* for nested ${}: each level uses stack */

/* A text being expanded. */
struct reading {
	const struct expand *x;
	const char *at;
	bool keep_escapes;
	int depth;
	struct strv *words; /* finished words; NULL: the text is one word */
	struct buf word;    /* the current word */
	bool in_word;
	size_t max; /* bytes of the result */
	struct err *e;
};

static int read_until(struct reading *r, char stop, struct buf *out);

/* A few lines such as A=$A$A would otherwise fill the memory. */
static int too_long(const struct reading *r)
{
	return err_set(r->e, "expands to more than %d KiB", EXPAND_MAX >> 10);
}

static bool is_blank(char c)
{
	return c && strchr(" \t\r\n\v\f", c);
}

static void end_word(struct reading *r)
{
	if (r->words && r->word.len > 0)
		strv_add(r->words, r->word.data);
	if (r->word.len > 0)
		r->word.data[r->word.len = 0] = '\0';
	r->in_word = false;
}

/* Adds text whose blanks do not end the word. */
static void add_text(struct reading *r, const char *text, size_t n)
{
	if (!r->words)
		return;
	buf_add(&r->word, text, n);
	r->in_word = true;
}

/* Adds text that is split at blanks. */
static void add_split(struct reading *r, const char *text, size_t n)
{
	for (size_t i = 0; r->words && i < n; i++) {
		if (is_blank(text[i]))
			end_word(r);
		else
			add_text(r, text + i, 1);
	}
}

static int read_single_quote(struct reading *r, struct buf *out)
{
	const char *end = strchr(r->at + 1, '\'');
	const char *from = r->at + !r->x->keep_quotes;

	if (!end)
		return err_set(r->e, "a single quote without its end");
	buf_add(out, from, (size_t)(end + r->x->keep_quotes - from));
	r->at = end + 1;
	return 0;
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The length of the variable's name at s: digits, one special character, or letters, digits and
 * "_". */
static size_t name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return strspn(s, "0123456789");
	if (*s && strchr("@*#?-$!", *s))
		return 1;
	while (is_letter(s[n]) || isdigit((unsigned char)s[n]))
		n++;
	return n;
}

static const char *value_of(const struct reading *r, const char *name)
{
	return r->x->value ? r->x->value(r->x->arg, name) : NULL;
}

/* Reads a part of a ${} up to stop. The part is not split into words. */
static int read_part(struct reading *r, char stop, bool keep_escapes, struct buf *out)
{
	struct reading part = {.x = r->x,
			       .at = r->at,
			       .keep_escapes = keep_escapes,
			       .depth = r->depth + 1,
			       .max = r->max,
			       .e = r->e};
	int failed = read_until(&part, stop, out);

	r->at = part.at;
	return failed;
}

static int fail_if_unset(const struct reading *r, const char *name, const char *value,
			 bool or_empty, const char *word)
{
	if (value && (*value || !or_empty))
		return 0;
	return err_set(r->e, "%s: %s", name,
		       *word           ? word
			       : value ? "is not allowed to be empty"
				       : "is not allowed to be unset");
}

static int cut(const struct reading *r, const char *value, char kind, const char *word,
	       struct buf *out)
{
	bool longest = *word == kind;
	size_t from, n;

	if (!value)
		return 0;
	if (pattern_check(word + longest, r->e) < 0)
		return -1;
	if (kind == '#') {
		pattern_prefix(word + longest, value, longest, &n);
		buf_str(out, value + n);
	} else {
		pattern_suffix(word + longest, value, longest, &from);
		buf_add(out, value, from);
	}
	return 0;
}

/* Reads the text after "/": PATTERN/WORD}, or /PATTERN/WORD}. */
static int replace(struct reading *r, const char *name, struct buf *out)
{
	own_buf struct buf pattern = {0}, word = {0};
	const char *value = value_of(r, name);
	bool all = *r->at == '/';

	r->at += all;
	if (read_part(r, '/', true, &pattern) < 0 || read_part(r, '}', true, &word) < 0 ||
	    pattern_check(pattern.data, r->e) < 0)
		return -1;
	if (!value && r->x->keep_unset)
		buf_fmt(out, "${%s%s%s/%s}", name, all ? "//" : "/", pattern.data, word.data);
	else if (value && !pattern_replace(pattern.data, value, word.data, all, r->max, out))
		return too_long(r);
	return 0;
}

/* Reads the text after the name and the operator: WORD}. */
static int modify(struct reading *r, const char *name, bool colon, char sign, struct buf *out)
{
	own_buf struct buf word = {0};
	const char *value = value_of(r, name);
	bool is_cut = sign == '#' || sign == '%', unset = !value || (colon && !*value);

	if (!sign || !strchr("+-?#%", sign) || (colon && is_cut))
		return err_set(r->e, "${%s%s%c: no such substitution", name, colon ? ":" : "",
			       sign ? sign : '}');
	if (read_part(r, '}', is_cut, &word) < 0)
		return -1;
	if (!value && r->x->keep_unset) {
		buf_fmt(out, "${%s%s%c%s}", name, colon ? ":" : "", sign, word.data);
		return 0;
	}
	if (is_cut)
		return cut(r, value, sign, word.data, out);
	if (sign == '?' && fail_if_unset(r, name, value, colon, word.data) < 0)
		return -1;
	if (sign == '+')
		buf_str(out, unset ? "" : word.data);
	else
		buf_str(out, unset ? word.data : value);
	return 0;
}

/* Starts after "${". */
static int read_braces(struct reading *r, struct buf *out)
{
	size_t n = name_length(r->at);
	own_str char *name = str_dup_n(r->at, n);
	const char *value;
	bool colon;

	if (r->depth >= DEPTH_MAX)
		return err_set(r->e, "more than %d nested substitutions", DEPTH_MAX);
	if (n == 0)
		return err_set(r->e,
			       *r->at ? "${%.1s: not a name of a variable"
				      : "${%s without its \"}\"",
			       r->at);
	r->at += n;
	if (!*r->at)
		return err_set(r->e, "${%s without its \"}\"", name);
	if (*r->at == '}') {
		r->at++;
		value = value_of(r, name);
		if (value)
			buf_str(out, value);
		else if (r->x->keep_unset)
			buf_fmt(out, "${%s}", name);
		return 0;
	}
	if (*r->at == '/') {
		r->at++;
		return replace(r, name, out);
	}
	colon = *r->at == ':';
	r->at += colon;
	return modify(r, name, colon, *r->at ? *r->at++ : '\0', out);
}

static int read_dollar(struct reading *r, struct buf *out)
{
	own_str char *name = NULL;
	const char *value;
	size_t n;

	r->at++;
	if (*r->at == '{') {
		r->at++;
		return read_braces(r, out);
	}
	n = name_length(r->at);
	name = str_dup_n(r->at, n);
	r->at += n;
	value = n ? value_of(r, name) : NULL;
	if (value)
		buf_str(out, value);
	else if (n == 0 || r->x->keep_unset)
		buf_fmt(out, "$%s", name);
	return 0;
}

static int read_double_quote(struct reading *r, struct buf *out)
{
	const char quote = '"';

	if (r->x->keep_quotes)
		buf_add(out, &quote, 1);
	for (r->at++; *r->at && *r->at != quote;) {
		if (*r->at == '$') {
			if (read_dollar(r, out) < 0)
				return -1;
			continue;
		}
		if (*r->at == r->x->escape) {
			bool taken = r->at[1] &&
				(strchr("\"$", r->at[1]) || r->at[1] == r->x->escape);

			if (r->keep_escapes)
				buf_add(out, r->at, 1);
			if (!r->at[1] || taken)
				r->at++;
			if (!*r->at)
				break;
		}
		buf_add(out, r->at++, 1);
	}
	if (!*r->at)
		return err_set(r->e, "a double quote without its end");
	if (r->x->keep_quotes)
		buf_add(out, &quote, 1);
	r->at++;
	return 0;
}

/* Reads an escape character and the character that it quotes. At the end of the text it is dropped.
 */
static void read_escape(struct reading *r, struct buf *out)
{
	if (r->keep_escapes) {
		add_text(r, r->at, 1);
		buf_add(out, r->at, 1);
	}
	if (*++r->at) {
		add_text(r, r->at, 1);
		buf_add(out, r->at++, 1);
	}
}

/* Reads "<<" and the blanks after it, which may precede the word of a heredoc. */
static void read_heredoc_mark(struct reading *r, struct buf *out)
{
	size_t n = r->at[1] == '<' ? 2 + strspn(r->at + 2, " \t\r") : 1;

	add_text(r, r->at, n);
	buf_add(out, r->at, n);
	r->at += n;
}

static int read_until(struct reading *r, char stop, struct buf *out)
{
	buf_str(out, "");
	while (*r->at && (!stop || *r->at != stop)) {
		size_t before = out->len;
		char c = *r->at;
		bool quote = (c == '\'' || c == '"') && !r->x->quotes_are_text;

		if (c == '$' || quote) {
			if ((c == '$'           ? read_dollar
				     : c == '"' ? read_double_quote
						: read_single_quote)(r, out) < 0)
				return -1;
			(c == '$' ? add_split : add_text)(r, out->data + before, out->len - before);
		} else if (c == '<') {
			read_heredoc_mark(r, out);
		} else if (c == r->x->escape) {
			read_escape(r, out);
		} else {
			add_split(r, r->at, 1);
			buf_add(out, r->at++, 1);
		}
		if (out->len > r->max)
			return too_long(r);
	}
	if (stop && !*r->at)
		return err_set(r->e, "${ without its \"%c\"", stop);
	r->at += stop != '\0';
	return 0;
}

static int read_all(struct reading *r, const struct expand *x, struct buf *out)
{
	r->x = x;
	r->keep_escapes = x->keep_escapes;
	r->max = strlen(r->at) + EXPAND_MAX;
	if (read_until(r, '\0', out) < 0)
		return -1;
	if (!x->budget)
		return 0;
	if (out->len > *x->budget)
		return err_set(r->e, "the file expands to more than %d MiB", EXPAND_BUDGET >> 20);
	*x->budget -= out->len;
	return 0;
}

char *expand_word(const char *text, const struct expand *x, struct err *e)
{
	struct reading r = {.at = text, .e = e};
	own_buf struct buf out = {0};

	return read_all(&r, x, &out) < 0 ? NULL : take_ptr(&out.data);
}

int expand_words(const char *text, const struct expand *x, struct strv *out, struct err *e)
{
	own_strv struct strv words = {0};
	struct reading r = {.at = text, .words = &words, .e = e};
	own_buf struct buf ignored = {0};
	int failed = read_all(&r, x, &ignored);

	end_word(&r);
	buf_free(&r.word);
	for (size_t i = 0; !failed && i < words.n; i++)
		strv_add(out, words.v[i]);
	return failed;
}
