#include "base/shellwrap.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

/*
 * The quotes and brackets that enclose a character, innermost last: ' " ( of $(...), { of ${...}.
 */
struct scan {
	char in[16];
	int depth;
	bool escaped, in_word, dollar; /* of the character before */
};

static char innermost(const struct scan *s)
{
	return s->depth ? s->in[s->depth - 1] : '\0';
}

/* Whether blanks separate words here. */
static bool separates(const struct scan *s)
{
	return innermost(s) == '\0' || innermost(s) == '(';
}

static void open_one(struct scan *s, char what)
{
	if (s->depth < (int)sizeof(s->in))
		s->in[s->depth++] = what;
}

static bool begins_comment(const struct scan *s, const char *c)
{
	return *c == '#' && separates(s) && !s->in_word && !s->escaped;
}

/* Goes over one character. */
static void step(struct scan *s, const char *c)
{
	char in = innermost(s);
	bool dollar = s->dollar;

	s->dollar = *c == '$' && !s->escaped && in != '\'';

	s->in_word = !(separates(s) && strchr(" \t\n;&|()", *c)) || s->escaped;
	if (s->escaped) {
		s->escaped = false;
	} else if (in == '\'') {
		s->depth -= *c == '\'';
	} else if (*c == '\\') {
		s->escaped = true;
	} else if (*c == '"') {
		if (in == '"')
			s->depth--;
		else
			open_one(s, '"');
	} else if (*c == '\'' && in != '"') {
		open_one(s, '\'');
	} else if ((*c == '(' || *c == '{') && dollar) {
		open_one(s, *c);
	} else if ((*c == ')' && in == '(') || (*c == '}' && in == '{')) {
		s->depth--;
	}
}

static int column_after(int column, char c)
{
	if (c == '\t')
		return (column / 8 + 1) * 8;
	return column + ((c & 0xc0) != 0x80); /* the later bytes of a character have no width */
}

static int width_of(const char *line, size_t n)
{
	int column = 0;

	for (size_t i = 0; i < n; i++)
		column = column_after(column, line[i]);
	return column;
}

/* The length of the blanks at the begin of a line. */
static size_t indent_of(const char *line, size_t n)
{
	size_t i = 0;

	while (i < n && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i;
}

/* A place where a line can be broken. */
struct wrap_place {
	size_t at;        /* 0: nowhere */
	const char *ends; /* the end of the first part: a backslash, and quotes where needed */
	const char *begins;
	struct scan then;
};

/* Whether the line can be broken before character i, which s encloses. */
static bool find_place(const struct scan *s, const char *line, size_t i, struct wrap_place *p)
{
	char in = innermost(s);

	*p = (struct wrap_place){.at = i, .then = *s};
	if (s->escaped || (line[i] & 0xc0) == 0x80 || in == '{')
		return false;
	if (separates(s) && line[i] == ' ') {
		p->ends = " \\\n";
		return line[i + 1] != ' ' && line[i + 1] != '#';
	}
	p->begins = "";
	if (in == '\'') {
		p->ends = "'\\\n";
		p->begins = "'";
		return line[i - 1] != '\\' && line[i - 1] != '\'' && line[i] != '\'';
	}
	p->ends = "\\\n";
	return !strchr("$\\#{}()<>&|;", line[i - 1]) && !strchr("$(){}<>&|;", line[i]);
}

/*
 * A break between words is better than one in a word, which is best after a line in a text for
 * printf, then after a blank or a part of a path or list.
 */
static int goodness(const struct wrap_place *p, const char *line)
{
	if (!p->begins)
		return 3;
	if (p->at > 2 && strncmp(line + p->at - 2, "\\n", 2) == 0)
		return 2;
	return strchr(" ,/&", line[p->at - 1]) ? 1 : 0;
}

/* The last of the best places in the part of a line that fits. */
static struct wrap_place best_place(struct scan s, const char *line, size_t n, int columns)
{
	struct wrap_place best = {0}, p;
	size_t indent = indent_of(line, n);
	int column = 0;

	for (size_t i = 0; i < n && column <= columns - 2; i++) {
		if (i > indent && find_place(&s, line, i, &p) &&
		    (!best.at || goodness(&p, line) >= goodness(&best, line)))
			best = p;
		step(&s, line + i);
		column = column_after(column, line[i]);
	}
	return best;
}

/* Where a comment begins behind a command; n: nowhere. */
static size_t comment_of(struct scan s, const char *line, size_t n)
{
	size_t i;

	for (i = 0; i < n && !begins_comment(&s, line + i); i++)
		step(&s, line + i);
	return i;
}

static void add_broken(struct buf *to, struct scan s, const char *line, size_t n, int columns)
{
	own_str char *indent = str_dup_n(line, indent_of(line, n)), *rest = str_dup_n(line, n);
	struct wrap_place p;

	while (width_of(rest, strlen(rest)) > columns) {
		char *next;

		p = best_place(s, rest, strlen(rest), columns);
		if (!p.at)
			break;
		buf_fmt(to, "%.*s%s", (int)p.at, rest, p.ends);
		next = p.begins ? str_fmt("%s%s", p.begins, rest + p.at)
				: str_fmt("%s\t%s", indent, rest + p.at + 1);
		/* A quote that begins again is gone over again. */
		if (p.begins && *p.begins)
			p.then.depth--;
		s = p.then;
		free(rest);
		rest = next;
	}
	buf_fmt(to, "%s\n", rest);
}

/* A comment "# ..." continues in the next lines. */
static void add_comment(struct buf *to, const char *indent, const char *text, size_t n, int columns)
{
	own_str char *rest = str_dup_n(text, n);
	char *from = rest + strspn(rest, "# "), *end;

	for (; width_of(from, strlen(from)) + width_of(indent, strlen(indent)) + 2 > columns;
	     from = end + 1) {
		int column = width_of(indent, strlen(indent)) + 2;
		char *c = from;

		for (end = NULL; *c && (column <= columns || !end); c++) {
			if (*c == ' ')
				end = c;
			column = column_after(column, *c);
		}
		if (!end)
			break;
		buf_fmt(to, "%s# %.*s\n", indent, (int)(end - from), from);
	}
	buf_fmt(to, "%s# %s\n", indent, from);
}

static void add_line(struct buf *to, const struct scan *s, const char *line, size_t n, int columns)
{
	own_str char *indent = str_dup_n(line, indent_of(line, n));
	size_t comment = n;

	if (width_of(line, n) > columns)
		comment = comment_of(*s, line, n);
	if (comment < n) {
		add_comment(to, indent, line + comment, n - comment, columns);
		for (n = comment; n && (line[n - 1] == ' ' || line[n - 1] == '\t');)
			n--;
	}
	if (n || comment == n)
		add_broken(to, *s, line, n, columns);
}

/* The word that ends the here-document that a line begins; "" if it begins none. */
static void here_word(struct scan s, const char *line, size_t n, char word[20])
{
	size_t len;

	*word = '\0';
	for (size_t i = 0; i + 3 < n; step(&s, line + i++)) {
		if (begins_comment(&s, line + i))
			return;
		if (!separates(&s) || strncmp(line + i, "<<", 2) != 0)
			continue;
		i += 2 + (line[i + 2] == '\'');
		len = strcspn(line + i, "' \n");
		if (len < 20)
			memcpy(word, line + i, len), word[len] = '\0';
		return;
	}
}

/* Reads over a line. A quote in its comment does not count. */
static void step_line(struct scan *s, const char *line, size_t n)
{
	for (size_t i = 0; i < n && !begins_comment(s, line + i); i++)
		step(s, line + i);
	s->escaped = s->in_word = s->dollar = false;
}

void shellwrap(struct buf *to, const char *script, int columns)
{
	struct scan s = {.depth = 0};
	char word[20] = "";
	bool here = false;

	for (size_t n; *script; script += n + (script[n] == '\n')) {
		n = strcspn(script, "\n");
		if (here) {
			buf_fmt(to, "%.*s\n", (int)n, script);
			here = n != strlen(word) || strncmp(script, word, n) != 0;
			continue;
		}
		here_word(s, script, n, word);
		here = *word;
		add_line(to, &s, script, n, columns);
		step_line(&s, script, n);
	}
}
