#include "build/glob.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* Reads one end of a range in a class. False: malformed. */
static bool class_char(const char **p, uint32_t *c)
{
	if (!**p || **p == '-' || **p == ']')
		return false;
	if (**p == '\\' && !*++*p)
		return false;
	*c = str_next(p);
	return **p != '\0'; /* a class has an end */
}

/* Starts after "[". Whether c belongs to the class; advances *p beyond the class. -1: malformed. */
static int class_match(const char **p, uint32_t c)
{
	bool negated = **p == '^', found = false;

	*p += negated;
	for (int n = 0; **p != ']' || n == 0; n++) {
		uint32_t low, high;

		if (!class_char(p, &low))
			return -1;
		high = low;
		if (**p == '-') {
			++*p;
			if (!class_char(p, &high))
				return -1;
		}
		found |= low <= c && c <= high;
	}
	++*p;
	return found != negated;
}

/* Whether the element of the pattern at *p (not a star) matches the character at *s. Advances both.
 */
static bool one_match(const char **p, const char **s)
{
	uint32_t c = str_next(s);

	if (**p == '[') {
		++*p;
		return class_match(p, c) == 1;
	}
	if (**p == '?') {
		++*p;
		return c != '/';
	}
	*p += **p == '\\';
	return str_next(p) == c;
}

/* Whether the whole pattern is well-formed, including parts that are never reached. */
static bool is_pattern(const char *p)
{
	while (*p) {
		if (*p == '[') {
			p++;
			if (class_match(&p, 0) < 0)
				return false;
			continue;
		}
		if (*p == '\\' && !*++p)
			return false;
		p++;
	}
	return true;
}

int glob_match(const char *pattern, const char *name)
{
	const char *p = pattern, *s = name, *star = NULL, *from = NULL;

	if (!is_pattern(pattern))
		return -1;
	/* Backtracking to the last star suffices: text that an earlier star could skip, the last
	 * star can skip, too. */
	while (*s || *p) {
		const char *p_next = p, *s_next = s;

		if (*p == '*') {
			star = ++p;
			from = s;
			continue;
		}
		if (*s && *p && one_match(&p_next, &s_next)) {
			p = p_next;
			s = s_next;
			continue;
		}
		if (!star || !*from || *from == '/')
			return 0;
		p = star;
		str_next(&from);
		s = from;
	}
	return 1;
}

bool glob_is(const char *text)
{
	for (; *text; text++) {
		if (strchr("*?[", *text))
			return true;
		if (*text == '\\' && !*++text)
			break;
	}
	return false;
}

char *glob_plain(const char *text)
{
	struct buf out = {0};

	buf_str(&out, "");
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		buf_add(&out, text, 1);
	}
	return out.data;
}
