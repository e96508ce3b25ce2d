#include "build/dockerfile.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/jsonlist.h"
#include "base/own.h"

/* The file being read. */
struct dockerfile_source {
	const char *at, *end; /* the rest of the text */
	int line;             /* the line read last */
	struct dockerfile *file;
	struct faults *faults;
	bool directives; /* parser directives are still allowed */
	bool seen[3];
};

static bool is_blank(char c)
{
	return c && strchr(" \t\r\n\v\f", c);
}

static const char *skip(const char *s)
{
	return s + strspn(s, " \t\r\n\v\f");
}

/* The text without surrounding blanks. The caller frees it. */
static char *trimmed(const char *s)
{
	size_t n;

	s = skip(s);
	for (n = strlen(s); n > 0 && is_blank(s[n - 1]); n--)
		continue;
	return str_dup_n(s, n);
}

/* The next line of the file, with its newline: n bytes. False at the end. */
static bool next_line(struct dockerfile_source *src, const char **line, size_t *n)
{
	const char *newline;

	if (src->at == src->end)
		return false;
	newline = memchr(src->at, '\n', (size_t)(src->end - src->at));
	*line = src->at;
	*n = newline ? (size_t)(newline + 1 - src->at) : (size_t)(src->end - src->at);
	src->at += *n;
	src->line++;
	return true;
}

static size_t without_newline(const char *line, size_t n)
{
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	return n;
}

/* Reads a parser directive, "# NAME=VALUE" before any other line. False: the line is none. */
static bool read_directive(struct dockerfile_source *src, const char *text)
{
	static const char *const known[] = {"escape", "syntax", "check"};
	own_str char *value = NULL;
	const char *name;
	size_t n;

	if (!src->directives || *text != '#')
		return src->directives = false;
	name = skip(text + 1);
	n = isalpha((unsigned char)*name)
		? strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
		: 0;
	text = skip(name + n);
	if (n == 0 || *text != '=')
		return src->directives = false;
	value = trimmed(text + 1);
	for (size_t i = 0; *value && i < sizeof(known) / sizeof(*known); i++) {
		if (strlen(known[i]) != n || strncasecmp(known[i], name, n) != 0)
			continue;
		if (src->seen[i])
			faults_add(src->faults, src->line, "directive %s: given twice", known[i]);
		src->seen[i] = true;
		if (i == 0 && (strlen(value) != 1 || !strchr("\\`", *value)))
			faults_add(src->faults, src->line,
				   "directive escape: %s: neither \"\\\" nor \"`\"", value);
		else if (i == 0)
			src->file->escape = *value;
		return true;
	}
	return src->directives = false;
}

/* Whether the line is continued by the next one. Cuts off the escape character and the blanks after
 * it. */
static bool continues(const struct dockerfile_source *src, char *line)
{
	size_t n = strlen(line);

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	if (n == 0 || line[n - 1] != src->file->escape ||
	    (n > 1 && line[n - 2] == src->file->escape))
		return false;
	line[n - 1] = '\0';
	return true;
}

/* Joins a line with its continuation lines. False: a comment, a directive or an empty line. */
static bool read_logical(struct dockerfile_source *src, const char *line, size_t n, struct buf *out)
{
	own_str char *first = str_dup_n(line, without_newline(line, n));
	const char *text = skip(first);
	bool more;

	buf_str(out, "");
	if (read_directive(src, text) || *text == '#')
		return false;
	more = continues(src, first);
	buf_str(out, text);
	if (!more && !*text)
		return false;
	while (more && next_line(src, &line, &n)) {
		own_str char *next = str_dup_n(line, without_newline(line, n));

		if (*skip(next) == '\0' || *skip(next) == '#')
			continue;
		more = continues(src, next);
		buf_str(out, next);
	}
	return true;
}

static void add_word(struct strv *words, struct buf *word, bool may_be_empty)
{
	if (may_be_empty || word->len > 0)
		strv_add(words, word->data ? word->data : "");
	if (word->data)
		word->data[word->len = 0] = '\0';
}

/* Reads words that begin with "--". Returns the text after them. */
static const char *read_flags(const char *s, char escape, struct strv *flags)
{
	for (;;) {
		own_buf struct buf word = {0};
		bool quoted = false;
		char quote = '\0';

		s = skip(s);
		if (s[0] != '-' || s[1] != '-')
			return s;
		for (; *s && (quote || !is_blank(*s)); s++) {
			if (quote ? *s == quote : *s == '\'' || *s == '"') {
				quote = quote ? '\0' : *s;
				quoted = true;
				continue;
			}
			if (*s == escape && !*++s)
				break;
			buf_add(&word, s, 1);
		}
		if (word.data && str_equal(word.data, "--"))
			return s;
		add_word(flags, &word, quoted);
	}
}

void dockerfile_words(const char *text, char escape, struct strv *out)
{
	for (text = skip(text); *text; text = skip(text)) {
		own_buf struct buf word = {0};
		bool quoted = false;
		char quote = '\0';

		for (; *text && (quote || !is_blank(*text)); text++) {
			if (quote ? *text == quote : *text == '\'' || *text == '"') {
				quote = quote ? '\0' : *text;
				quoted = true;
			} else if (*text == escape && quote != '\'') {
				if (!text[1])
					continue;
				buf_add(&word, text++, 1);
			}
			buf_add(&word, text, 1);
		}
		add_word(out, &word, quoted);
	}
}

bool dockerfile_is_list(const char *text, struct strv *out, int line, struct faults *faults)
{
	enum jsonlist kind = jsonlist_read(text, out);

	if (kind == JSONLIST_OTHER)
		faults_add(faults, line,
			   "a JSON array with other values than strings (or with a NUL)");
	return kind != JSONLIST_NONE;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (str_equal(name, *names))
			return true;
	return false;
}

static void read_heredocs(struct dockerfile_source *src, const char *text, struct instruction *in)
{
	const char *line;
	size_t n;

	heredocs_find(text, &in->docs);
	for (size_t i = 0; i < in->docs.n; i++) {
		struct buf content = {0};
		bool ended = false;

		buf_str(&content, "");
		while (!ended && next_line(src, &line, &n)) {
			ended = heredoc_ends(&in->docs.v[i], line, without_newline(line, n));
			if (!ended)
				buf_add(&content, line, n);
		}
		in->docs.v[i].content = content.data;
		if (!ended)
			faults_add(src->faults, in->line, "%s: heredoc without its end line %s",
				   in->name, in->docs.v[i].name);
	}
}

static void add_instruction(struct dockerfile_source *src, const char *text, int line)
{
	static const char *const lists[] = {"ADD", "CMD",   "COPY",   "ENTRYPOINT",
					    "RUN", "SHELL", "VOLUME", NULL};
	static const char *const with_heredocs[] = {"ADD", "COPY", "RUN", NULL};
	struct instruction in = {.line = line};
	size_t n = strcspn(text, " \t\r\v\f");

	in.name = str_dup_n(text, n);
	for (char *c = in.name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	in.rest = trimmed(read_flags(text + n, src->file->escape, &in.flags));
	if (is_one_of(in.name, lists))
		in.json = dockerfile_is_list(in.rest, &in.args, line, src->faults);
	if (is_one_of(in.name, with_heredocs) && !in.json)
		read_heredocs(src, text, &in);
	src->file->v = mem_grow_one(src->file->v, src->file->n, sizeof(*src->file->v));
	src->file->v[src->file->n++] = in;
}

void dockerfile_read(const char *text, size_t len, struct dockerfile *f, struct faults *faults)
{
	struct dockerfile_source src = {
		.at = text, .end = text + len, .file = f, .faults = faults, .directives = true};
	own_buf struct buf logical = {0};
	const char *line;
	size_t n;
	int first;

	*f = (struct dockerfile){.escape = '\\'};
	if (strlen(text) != len) {
		for (const char *s = text; *s; s++)
			src.line += *s == '\n';
		faults_add(faults, src.line + 1, "a NUL byte: not a text");
		return;
	}
	if (str_starts(text, "\xef\xbb\xbf"))
		src.at += 3;
	while (next_line(&src, &line, &n)) {
		own_str char *whole = NULL;

		first = src.line;
		logical.len = 0;
		if (!read_logical(&src, line, n, &logical))
			continue;
		whole = trimmed(logical.data);
		if (*whole)
			add_instruction(&src, whole, first);
	}
}

void instruction_words(const struct instruction *in, struct strv *out)
{
	const char *s = in->rest;

	for (size_t i = 0; in->json && i < in->args.n; i++)
		strv_add(out, in->args.v[i]);
	while (!in->json && *s) {
		size_t n = strcspn(s, " \t\r\v\f");

		strv_take(out, str_dup_n(s, n));
		s += n + strspn(s + n, " \t\r\v\f");
	}
}

void dockerfile_free(struct dockerfile *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].name);
		strv_free(&f->v[i].flags);
		free(f->v[i].rest);
		strv_free(&f->v[i].args);
		heredocs_free(&f->v[i].docs);
	}
	free(f->v);
	*f = (struct dockerfile){0};
}
