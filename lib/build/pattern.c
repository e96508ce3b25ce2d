/*
 * Matching follows all ways through the pattern at once: each character advances a set of
 * positions. The time is at most the length of the pattern times that of the text, however many "*"
 * it has.
 */
#include "build/pattern.h"

#include <string.h>

#include "base/err.h"
#include "base/own.h"

enum kind { END, LITERAL, ANY, STAR };

struct token {
	enum kind kind;
	size_t n; /* bytes of a literal character */
	const char *text;
};

struct tokens {
	struct token *v;
	size_t n;
};

static void tokens_add(struct tokens *t, enum kind kind, const char *text, size_t n)
{
	t->v = mem_grow(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = (struct token){kind, n, text};
}

static struct tokens tokens_of(const char *pattern)
{
	struct tokens t = {0};

	while (*pattern) {
		if (*pattern == '*' || *pattern == '?') {
			tokens_add(&t, *pattern == '*' ? STAR : ANY, pattern, 1);
			pattern++;
			continue;
		}
		if (*pattern == '\\' && pattern[1])
			pattern++;
		tokens_add(&t, LITERAL, pattern, str_char(pattern));
		pattern += str_char(pattern);
	}
	tokens_add(&t, END, pattern, 0);
	return t;
}

int pattern_check(const char *pattern, struct err *e)
{
	for (const char *s = pattern; *s; s++)
		if (*s == '\\' && (!*++s || !strchr("*?\\}/", *s)))
			return err_set(
				e, "%s: \"\\\" quotes only \"*\", \"?\", \"/\", \"}\" and \"\\\"",
				pattern);
	return 0;
}

/* A star may match nothing, so the position after it is reached, too. */
static void reach(const struct tokens *t, bool *set, size_t at)
{
	for (set[at] = true; t->v[at].kind == STAR && !set[at + 1]; at++)
		set[at + 1] = true;
}

/*
 * The end of the shortest or longest match that begins at text, or NULL. whole: the match must
 * extend to the end of the text.
 */
static const char *match(const struct tokens *t, const char *text, bool longest, bool whole)
{
	own_str bool *now = mem_alloc(t->n), *next = mem_alloc(t->n);
	const char *found = NULL;
	bool any = true;

	reach(t, now, 0);
	for (const char *s = text; any; s += str_char(s)) {
		bool *swap = now;

		if (now[t->n - 1] && (!whole || !*s) && (!found || longest))
			found = s;
		if (!*s || (found && !longest))
			break;
		any = false;
		memset(next, 0, t->n);
		for (size_t i = 0; i + 1 < t->n; i++) {
			const struct token *p = &t->v[i];

			if (!now[i] ||
			    (p->kind == LITERAL &&
			     (p->n != str_char(s) || memcmp(p->text, s, p->n) != 0)))
				continue;
			reach(t, next, p->kind == STAR ? i : i + 1);
			any = true;
		}
		now = next;
		next = swap;
	}
	return found;
}

void pattern_prefix(const char *pattern, const char *text, bool longest, size_t *n)
{
	struct tokens t = tokens_of(pattern);
	const char *end = match(&t, text, longest, false);

	*n = end ? (size_t)(end - text) : 0;
	free(t.v);
}

void pattern_suffix(const char *pattern, const char *text, bool longest, size_t *from)
{
	struct tokens t = tokens_of(pattern);

	*from = strlen(text);
	for (const char *s = text;; s += str_char(s)) {
		if (match(&t, s, true, true)) {
			*from = (size_t)(s - text);
			if (longest)
				break;
		}
		if (!*s)
			break;
	}
	free(t.v);
}

void pattern_replace(const char *pattern, const char *text, const char *with, bool all,
		     struct buf *out)
{
	struct tokens t = tokens_of(pattern);
	const char *end, *s = text;
	bool after = false; /* a match ends here: an empty match at this position does not count */

	buf_str(out, "");
	for (;;) {
		end = match(&t, s, true, false);
		if (end && (end > s || !after)) {
			buf_str(out, with);
			after = end > s;
			s = end;
			if (!all)
				break;
			if (after)
				continue;
		}
		after = false;
		if (!*s)
			break;
		buf_add(out, s, str_char(s));
		s += str_char(s);
	}
	buf_str(out, s);
	free(t.v);
}
