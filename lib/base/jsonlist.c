#include "base/jsonlist.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Levels of arrays and objects inside the array; deeper text counts as not JSON. */
enum { DEPTH_MAX = 100 };

static const char blanks[] = " \t\r\n";

static const char *skip(const char *s)
{
	return s + strspn(s, blanks);
}

/* Reads the four digits of \uXXXX; -1 if there are fewer. */
static long read_hex(const char *s)
{
	char digits[5] = "";

	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return -1;
		digits[i] = s[i];
	}
	return strtol(digits, NULL, 16);
}

static void add_utf8(struct buf *out, long c)
{
	const char bytes[][4] = {
		{(char)c},
		{(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))},
		{(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))},
		{(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
		 (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))},
	};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	buf_add(out, bytes[n - 1], n);
}

/* Reads \uXXXX, or a surrogate pair of two. Returns the text after it, or NULL. */
static const char *read_code(const char *s, struct buf *out)
{
	long c = read_hex(s), low;

	if (c < 0 || (c >= 0xdc00 && c < 0xe000)) /* the second half of a pair */
		return NULL;
	s += 4;
	if (c >= 0xd800 && c < 0xdc00) {
		low = s[0] == '\\' && s[1] == 'u' ? read_hex(s + 2) : -1;
		if (low < 0xdc00 || low >= 0xe000)
			return NULL;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		s += 6;
	}
	add_utf8(out, c);
	return s;
}

/* Reads a string after its opening quote. Returns the text after its closing quote, or NULL. */
static const char *read_text(const char *s, struct buf *out)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *escape;

	buf_str(out, "");
	for (; s && *s != '"';) {
		if ((unsigned char)*s < 0x20)
			return NULL;
		if (*s != '\\') {
			buf_add(out, s++, 1);
			continue;
		}
		escape = s[1] ? strchr(escapes, s[1]) : NULL;
		if (escape)
			buf_add(out, &meant[escape - escapes], 1);
		s = escape ? s + 2 : s[1] == 'u' ? read_code(s + 2, out) : NULL;
	}
	return s ? s + 1 : NULL;
}

/* Each skip function returns the text after the value, or NULL if the value is not JSON. */
static const char *skip_value(const char *s, int depth);

static const char *skip_string(const char *s)
{
	own_buf struct buf ignored = {0};

	return *s == '"' ? read_text(s + 1, &ignored) : NULL;
}

static const char *skip_number(const char *s)
{
	const char *digits;

	s += *s == '-';
	digits = s;
	s += strspn(s, "0123456789");
	if (s == digits || (*digits == '0' && s > digits + 1))
		return NULL;
	if (*s == '.') {
		digits = ++s;
		s += strspn(s, "0123456789");
		if (s == digits)
			return NULL;
	}
	if (*s != 'e' && *s != 'E')
		return s;
	s++;
	s += *s == '-' || *s == '+';
	digits = s;
	s += strspn(s, "0123456789");
	return s > digits ? s : NULL;
}

static const char *skip_members(const char *s, bool object, int depth)
{
	const char end = object ? '}' : ']';

	s = skip(s);
	if (*s == end)
		return s + 1;
	for (;;) {
		if (object) {
			s = skip_string(s);
			s = s ? skip(s) : NULL;
			if (!s || *s++ != ':')
				return NULL;
			s = skip(s);
		}
		s = skip_value(s, depth + 1);
		s = s ? skip(s) : NULL;
		if (!s || (*s != end && *s != ','))
			return NULL;
		if (*s++ == end)
			return s;
		s = skip(s);
	}
}

static const char *skip_value(const char *s, int depth)
{
	static const char *const words[] = {"true", "false", "null"};

	if (depth > DEPTH_MAX)
		return NULL;
	if (*s == '"')
		return skip_string(s);
	if (*s == '[' || *s == '{')
		return skip_members(s + 1, *s == '{', depth);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_starts(s, words[i]))
			return s + strlen(words[i]);
	return skip_number(s);
}

static bool is_array(const char *s)
{
	s = skip_value(s, 0);
	return s && *skip(s) == '\0';
}

enum jsonlist jsonlist_read(const char *text, struct strv *out)
{
	own_strv struct strv items = {0};
	const char *s = skip(text);
	bool more;

	if (*s != '[')
		return JSONLIST_NONE;
	if (!is_array(s))
		return JSONLIST_NONE;
	s = skip(s + 1);
	more = *s != ']';
	while (more) {
		own_buf struct buf item = {0};

		if (*s != '"')
			return JSONLIST_OTHER;
		s = read_text(s + 1, &item);
		if (!s)
			return JSONLIST_NONE;
		if (strlen(item.data) != item.len)
			return JSONLIST_OTHER;
		strv_add(&items, item.data);
		s = skip(s);
		more = *s == ',';
		s = skip(s + 1);
	}
	for (size_t i = 0; i < items.n; i++)
		strv_add(out, items.v[i]);
	return JSONLIST_STRINGS;
}
