#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *mem_grow(void *p, size_t count, size_t size)
{
	void *q = reallocarray(p, count ? count : 1, size);

	if (!q)
		abort();
	return q;
}

/* The room is the next power of two. */
void *mem_grow_one(void *p, size_t n, size_t size)
{
	return n & (n - 1) ? p : mem_grow(p, n ? 2 * n : 1, size);
}

char *str_dup(const char *s)
{
	return s ? str_dup_n(s, strlen(s)) : NULL;
}

char *str_dup_n(const char *s, size_t n)
{
	char *copy = strndup(s, n);

	if (!copy)
		abort();
	return copy;
}

char *str_fmt(const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_bool(const char *s, bool *out)
{
	static const char *const words[][2] = {{"0", "1"},        {"f", "t"},
					       {"F", "T"},        {"false", "true"},
					       {"FALSE", "TRUE"}, {"False", "True"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (int yes = 0; yes < 2; yes++)
			if (str_equal(s, words[i][yes])) {
				*out = yes;
				return true;
			}
	return false;
}

size_t str_utf8(const char *s, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	if (u[0] < 0x80) {
		*c = u[0];
		return 1;
	}
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	n = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	*c = u[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (u[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

uint32_t str_next(const char **s)
{
	uint32_t c;
	size_t n = str_utf8(*s, &c);

	if (n == 0)
		return (unsigned char)*(*s)++;
	*s += n;
	return c;
}

size_t str_char(const char *s)
{
	const char *end = s;

	str_next(&end);
	return (size_t)(end - s);
}

size_t str_shown(const char *s)
{
	uint32_t c;
	size_t n = str_utf8(s, &c);

	if (!n || c < 0x20 || (c >= 0x7f && c < 0xa0))
		return 0;
	if (c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

void strv_take(struct strv *l, char *s)
{
	if ((l->n & (l->n + 1)) == 0) /* the capacity doubles at 0, 1, 3, 7, ... elements */
		l->v = mem_grow(l->v, 2 * (l->n + 1), sizeof(*l->v));
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void strv_add(struct strv *l, const char *s)
{
	strv_take(l, str_dup(s));
}

void strv_free(struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strv){0};
}

bool strv_has(const struct strv *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *l, size_t from)
{
	if (from < l->n)
		qsort(l->v + from, l->n - from, sizeof(*l->v), by_bytes);
}

void strv_split(struct strv *l, const char *s, char sep)
{
	const char *end;

	for (; (end = strchr(s, sep)); s = end + 1)
		strv_take(l, str_dup_n(s, (size_t)(end - s)));
	strv_add(l, s);
}

char *strv_join(const struct strv *l, const char *between)
{
	struct buf out = {0};

	buf_str(&out, "");
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(&out, "%s%s", i ? between : "", l->v[i]);
	return out.data;
}

static void buf_room(struct buf *b, size_t more)
{
	if (b->len + more + 1 <= b->cap)
		return;
	b->cap = (b->len + more + 1) * 2;
	b->data = mem_grow(b->data, b->cap, 1);
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	buf_room(b, n);
	if (n) /* data may be NULL if n is 0; memcpy(3) forbids NULL */
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	buf_add(b, s, (size_t)n);
	free(s);
}

void buf_printable(struct buf *b, const char *s)
{
	size_t n;

	for (; *s; s += n ? n : 1) {
		for (n = 0; s[n] >= 0x20 && s[n] < 0x7f; n++)
			continue;
		n = n ? n : str_shown(s);
		if (n)
			buf_add(b, s, n);
		else if (*s == '\n' || *s == '\t')
			buf_str(b, *s == '\n' ? "\\n" : "\\t");
		else
			buf_fmt(b, "\\x%02x", (unsigned char)*s);
	}
}

char *str_printable(const char *s)
{
	struct buf out = {0};

	buf_str(&out, "");
	buf_printable(&out, s);
	return out.data;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
