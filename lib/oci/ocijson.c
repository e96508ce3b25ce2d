#include "oci/ocijson.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

/* Begins a string that stands for a number above INT64_MAX; no engine writes such a string. */
#define LARGE "\\u0001"

/* The end of the string that begins at s, after its quote. */
static const char *string_end(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\' && s + 1 < end)
			s++;
	return s < end ? s + 1 : end;
}

/* Copies a word outside of strings; a whole number of 19 or 20 digits becomes a string. */
static const char *copy_word(const char *s, const char *end, struct buf *out)
{
	const char *from = s;
	size_t digits;

	while (s < end && (isalnum((unsigned char)*s) || strchr("+-.", *s)))
		s++;
	digits = (size_t)(s - from);
	if ((digits == 20 || (digits == 19 && strncmp(from, "9223372036854775807", 19) > 0)) &&
	    *from != '0' && strspn(from, "0123456789") >= digits) {
		buf_str(out, "\"" LARGE);
		buf_add(out, from, digits);
		buf_str(out, "\"");
	} else {
		buf_add(out, from, digits);
	}
	return s;
}

/* Copies the text with its large numbers marked. -1: it is nested too deeply. */
static int mark_large(const char *s, const char *end, struct buf *out)
{
	int depth = 0;

	while (s < end) {
		const char *from = s;

		if (*s == '"') {
			s = string_end(s, end);
			buf_add(out, from, (size_t)(s - from));
		} else if (isdigit((unsigned char)*s) || *s == '-') {
			s = copy_word(s, end, out);
		} else {
			depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']');
			if (depth > OCIJSON_DEPTH)
				return -1;
			buf_add(out, s++, 1);
		}
	}
	return 0;
}

json_t *ocijson_parse(const char *text, size_t n, const char *name, struct err *e)
{
	own_buf struct buf marked = {0};
	json_error_t why;
	json_t *value;

	if (n > OCIJSON_MAX) {
		err_set(e, "%s: larger than %d bytes", name, OCIJSON_MAX);
		return NULL;
	}
	if (mark_large(text, text + n, &marked) < 0) {
		err_set(e, "%s: nested more than %d deep", name, OCIJSON_DEPTH);
		return NULL;
	}
	value = json_loadb(marked.len ? marked.data : "", marked.len, JSON_REJECT_DUPLICATES, &why);
	if (!value)
		err_set(e, "%s: line %d: %s", name, why.line, why.text);
	return value;
}

static int read_input(struct buf *text, struct err *e)
{
	char part[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, part, sizeof(part))) > 0 && text->len <= OCIJSON_MAX)
		buf_add(text, part, (size_t)n);
	return n < 0 ? err_sys(e, "standard input") : 0;
}

json_t *ocijson_read(int dirfd, const char *name, struct buf *text, struct err *e)
{
	own_buf struct buf own = {0};
	struct buf *to = text ? text : &own;
	bool input = strcmp(name, "-") == 0;

	if (input ? read_input(to, e) < 0 : file_read(dirfd, name, OCIJSON_MAX, to, e) < 0)
		return NULL;
	return ocijson_parse(to->len ? to->data : "", to->len, input ? "standard input" : name, e);
}

bool ocijson_uint(const json_t *value, uint64_t max, uint64_t *out)
{
	const char *text = json_string_value(value);
	struct err ignored;

	if (text)
		return *text == '\1' && num_uint(text + 1, 0, max, out, &ignored) == 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return *out <= max;
}

bool ocijson_int(const json_t *value, int64_t min, int64_t max, int64_t *out)
{
	if (!json_is_integer(value))
		return false;
	*out = json_integer_value(value);
	return *out >= min && *out <= max;
}
