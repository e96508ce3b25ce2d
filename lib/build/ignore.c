/*
 * A pattern is a list of tokens. Matching advances a set of positions in it with each character, as
 * in pattern.c, so the time is at most the length of the pattern times that of the path, however
 * many stars it has.
 */
#include "build/ignore.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

enum ignore_kind {
	END,
	LITERAL,
	ANY,  /* "?" */
	STAR, /* "*" */
	CLASS,
	DEEP, /* before a LOOP: makes the loop optional */
	LOOP, /* "**" in the middle: matches any text that ends with "/" */
	ALL,  /* "**" at the end: matches any text */
};

struct ignore_token {
	enum ignore_kind kind;
	const char *text; /* a part of the pattern's text */
	size_t n;
};

struct ignore_pattern {
	char *text;
	bool exception, plain; /* plain: has no wildcards */
	struct ignore_token *tokens;
	size_t n;
};

static void add_token(struct ignore_pattern *p, enum ignore_kind kind, const char *text, size_t n)
{
	p->tokens = mem_grow_one(p->tokens, p->n, sizeof(*p->tokens));
	p->tokens[p->n++] = (struct ignore_token){kind, text, n};
	p->plain &= kind == LITERAL || kind == END;
}

/* Adds "**" and a "/" after it. Returns the text after them. */
static const char *add_deep(struct ignore_pattern *p, const char *s)
{
	bool suffix = s == p->text && s[2] != '/' && !strpbrk(s + 2, "*?[]\\");

	s += 2;
	s += *s == '/';
	/* "**name" without a "/" matches any path that ends with "name". */
	if (!*s || suffix) {
		add_token(p, ALL, s, 0);
		return s;
	}
	add_token(p, DEEP, s, 0);
	add_token(p, LOOP, s, 0);
	return s;
}

/* Adds a class in the form of Go's regular expressions. Returns the text after it; NULL: malformed.
 */
static const char *add_class(struct ignore_pattern *p, const char *s)
{
	const char *end = s + 1;

	end += *end == '^';
	for (bool first = true; *end && (*end != ']' || first); first = false)
		end += *end == '\\' && end[1] ? 1 + str_char(end + 1) : str_char(end);
	if (!*end)
		return NULL;
	add_token(p, CLASS, s + 1, (size_t)(end - s - 1));
	return end + 1;
}

static bool compile(struct ignore_pattern *p)
{
	const char *s = p->text;

	p->plain = true;
	while (s && *s) {
		if (*s == '*') {
			if (s[1] == '*') {
				s = add_deep(p, s);
				continue;
			}
			add_token(p, STAR, s++, 1);
		} else if (*s == '?') {
			add_token(p, ANY, s++, 1);
		} else if (*s == '[') {
			s = add_class(p, s);
		} else {
			if (*s == '\\' && s[1]) {
				s++;
				p->plain = false;
			}
			add_token(p, LITERAL, s, str_char(s));
			s += str_char(s);
		}
	}
	add_token(p, END, "", 0);
	return s != NULL;
}

/* Reads one character of a class, which may be quoted. */
static uint32_t class_char(const char **s)
{
	*s += **s == '\\' && (*s)[1];
	return str_next(s);
}

static bool class_has(const struct ignore_token *t, const char *s)
{
	const char *p = t->text, *end = t->text + t->n;
	uint32_t c = class_char(&(const char *){s}), low, high;
	bool negated = *p == '^', found = false;

	for (p += negated; p < end;) {
		low = high = class_char(&p);
		if (p + 1 < end && *p == '-') {
			p++;
			high = class_char(&p);
		}
		found |= low <= c && c <= high;
	}
	return found != negated;
}

/* Adds a position, and the following positions that are reached without a character. */
static void reach(const struct ignore_pattern *p, bool *set, size_t at)
{
	while (!set[at]) {
		set[at] = true;
		switch (p->tokens[at].kind) {
		case DEEP: /* the loop, or the position after it */
			set[at + 1] = true;
			at += 2;
			break;
		case STAR:
		case ALL:
			at++;
			break;
		default:
			return;
		}
	}
}

/* Advances from one position by the character at s. */
static void move(const struct ignore_pattern *p, size_t at, const char *s, bool *next)
{
	const struct ignore_token *t = &p->tokens[at];

	switch (t->kind) {
	case LITERAL:
		if (t->n == str_char(s) && memcmp(t->text, s, t->n) == 0)
			reach(p, next, at + 1);
		break;
	case ANY:
		if (*s != '/')
			reach(p, next, at + 1);
		break;
	case CLASS:
		if (class_has(t, s))
			reach(p, next, at + 1);
		break;
	case STAR:
		if (*s != '/')
			reach(p, next, at);
		break;
	case ALL:
		reach(p, next, at);
		break;
	case LOOP:
		next[at] = true;
		if (*s == '/')
			reach(p, next, at + 1);
		break;
	default:
		break;
	}
}

static bool match(const struct ignore_pattern *p, const char *path)
{
	own_str bool *now = NULL, *next = NULL;

	if (p->plain)
		return strcmp(p->text, path) == 0;
	now = mem_alloc(p->n);
	next = mem_alloc(p->n);
	reach(p, now, 0);
	for (; *path; path += str_char(path)) {
		bool *swap = now;

		memset(next, 0, p->n);
		for (size_t i = 0; i < p->n; i++)
			if (now[i])
				move(p, i, path, next);
		now = next;
		next = swap;
	}
	return now[p->n - 1];
}

/* Like Go's filepath.Clean: removes "." and empty components, resolves ".."; also removes a leading
 * "/". The caller frees it. */
static char *clean(const char *path)
{
	own_strv struct strv parts = {0};
	bool rooted = *path == '/';
	struct buf out = {0};

	strv_split(&parts, path, '/');
	buf_str(&out, "");
	for (size_t i = 0; i < parts.n; i++) {
		const char *part = parts.v[i], *slash = strrchr(out.data, '/');
		bool up = str_equal(part, "..");

		if (!*part || str_equal(part, ".") || (up && rooted && out.len == 0))
			continue;
		if (up && out.len > 0 && !str_equal(slash ? slash + 1 : out.data, "..")) {
			out.len = slash ? (size_t)(slash - out.data) : 0;
			out.data[out.len] = '\0';
			continue;
		}
		buf_fmt(&out, "%s%s", out.len ? "/" : "", part);
	}
	return out.data;
}

int ignore_add(struct ignore *ig, const char *pattern, struct err *e)
{
	const char *end = pattern + strlen(pattern);
	struct ignore_pattern p = {0};
	own_str char *text = NULL;

	while (isspace((unsigned char)*pattern))
		pattern++;
	p.exception = *pattern == '!';
	for (pattern += p.exception; isspace((unsigned char)*pattern); pattern++)
		continue;
	while (end > pattern && isspace((unsigned char)end[-1]))
		end--;
	text = str_dup_n(pattern, (size_t)(end - pattern));
	if (p.exception && !*text)
		return err_set(e, "\"!\" without a pattern");
	p.text = clean(text);
	if (!*p.text) { /* "", "." and "/" match no file beneath the top */
		free(p.text);
		return 0;
	}
	if (!compile(&p)) {
		err_set(e, "%s: \"[\" without its \"]\"", text);
		free(p.tokens);
		free(p.text);
		return -1;
	}
	ig->v = mem_grow_one(ig->v, ig->n, sizeof(*ig->v));
	ig->v[ig->n++] = p;
	ig->exceptions |= p.exception;
	return 0;
}

int ignore_read(struct ignore *ig, const char *text, struct err *e)
{
	own_strv struct strv lines = {0};

	if (str_starts(text, "\xef\xbb\xbf"))
		text += 3;
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (lines.v[i][0] != '#' && ignore_add(ig, lines.v[i], e) < 0)
			return err_wrap(e, "%zu", i + 1);
	return 0;
}

void ignore_free(struct ignore *ig)
{
	for (size_t i = 0; i < ig->n; i++) {
		free(ig->v[i].tokens);
		free(ig->v[i].text);
	}
	free(ig->v);
	*ig = (struct ignore){0};
}

bool ignore_has(const struct ignore *ig, const char *path, const bool *up, bool *here)
{
	bool has = false;

	for (size_t i = 0; i < ig->n; i++) {
		/* A pattern that matches a directory matches everything in it. */
		bool matches = (up && up[i]) || match(&ig->v[i], path);

		if (here)
			here[i] = matches;
		if (matches)
			has = !ig->v[i].exception;
	}
	return has;
}

bool ignore_has_path(const struct ignore *ig, const char *path)
{
	own_str bool *found = mem_alloc(ig->n + 1);
	bool has = false;

	for (const char *s = path; *s;) {
		size_t n = (size_t)(s - path) + strcspn(s, "/");
		own_str char *part = str_dup_n(path, n);

		has = ignore_has(ig, part, found, found);
		s = path + n + (path[n] == '/');
	}
	return has;
}
