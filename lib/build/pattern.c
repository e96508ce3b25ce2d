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
	t->v = mem_grow_one(t->v, t->n, sizeof(*t->v));
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

/* Advances the set of positions by the character at s. Returns false if none is left. */
static bool step(const struct tokens *t, const bool *now, bool *next, const char *s)
{
	bool any = false;

	memset(next, 0, t->n);
	for (size_t i = 0; i + 1 < t->n; i++) {
		const struct token *p = &t->v[i];

		if (!now[i] ||
		    (p->kind == LITERAL && (p->n != str_char(s) || memcmp(p->text, s, p->n) != 0)))
			continue;
		reach(t, next, p->kind == STAR ? i : i + 1);
		any = true;
	}
	return any;
}

/*
 * The end of the shortest or longest match that begins at text, or NULL. *star becomes true if the
 * first "*" of the pattern was reached.
 */
static const char *match(const struct tokens *t, const char *text, bool longest, bool *star)
{
	own_str bool *now = mem_alloc(t->n), *next = mem_alloc(t->n);
	const char *found = NULL;
	size_t first = 0;

	while (t->v[first].kind != STAR && t->v[first].kind != END)
		first++;
	reach(t, now, 0);
	for (const char *s = text;; s += str_char(s)) {
		bool *swap = now;

		*star |= t->v[first].kind == STAR && now[first];
		if (now[t->n - 1])
			found = s;
		if (!*s || (found && !longest) || !step(t, now, next, s))
			break;
		now = next;
		next = swap;
	}
	return found;
}

void pattern_prefix(const char *pattern, const char *text, bool longest, size_t *n)
{
	struct tokens t = tokens_of(pattern);
	bool star = false;
	const char *end = match(&t, text, longest, &star);

	*n = end ? (size_t)(end - text) : 0;
	free(t.v);
}

static void reverse(struct tokens *t)
{
	for (size_t i = 0, k = t->n - 1; i + 1 < k; i++) {
		struct token swap = t->v[i];

		t->v[i] = t->v[--k];
		t->v[k] = swap;
	}
}

/* Matches the pattern backwards from the end of the text, so that each character is read once. */
void pattern_suffix(const char *pattern, const char *text, bool longest, size_t *from)
{
	struct tokens t = tokens_of(pattern);
	own_str bool *now = mem_alloc(t.n), *next = mem_alloc(t.n);
	own_str size_t *starts = mem_alloc((strlen(text) + 1) * sizeof(*starts));
	size_t n = 0;

	for (const char *s = text; *s; s += str_char(s))
		starts[n++] = (size_t)(s - text);
	*from = starts[n] = strlen(text);
	reverse(&t);
	reach(&t, now, 0);
	for (;; n--) {
		bool *swap = now;

		if (now[t.n - 1])
			*from = starts[n];
		if (n == 0 || (now[t.n - 1] && !longest) ||
		    !step(&t, now, next, text + starts[n - 1]))
			break;
		now = next;
		next = swap;
	}
	free(t.v);
}

bool pattern_replace(const char *pattern, const char *text, const char *with, bool all, size_t max,
		     struct buf *out)
{
	struct tokens t = tokens_of(pattern);
	const char *end, *s = text;
	bool after = false; /* a match ends here: an empty match at this position does not count */
	bool star = false;

	buf_str(out, "");
	while (out->len <= max) {
		end = match(&t, s, true, &star);
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
		/*
		 * The text after the "*" is nowhere in the rest, so no later match begins either.
		 */
		if (!*s || (!end && star))
			break;
		buf_add(out, s, str_char(s));
		s += str_char(s);
	}
	buf_str(out, s);
	free(t.v);
	return out->len <= max;
}
