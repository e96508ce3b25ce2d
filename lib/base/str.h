/*
 * Strings and lists of strings.
 *
 * Failed allocations abort the program: Linux overcommits memory, so handling the failure of a
 * small allocation would not help a user.
 */
#ifndef CT_STR_H
#define CT_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size);                       /* zeroed */
void *mem_grow(void *p, size_t count, size_t size); /* realloc of count * size */
/* Makes room for one more behind n elements, all of which were added through this function. */
void *mem_grow_one(void *p, size_t n, size_t size);
char *str_dup(const char *s);             /* NULL gives NULL */
char *str_dup_n(const char *s, size_t n); /* at most the first n bytes */
char *str_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

bool str_starts(const char *s, const char *prefix);
bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
/* Reads a boolean in the spellings of Go's strconv.ParseBool; false: s is none. */
bool str_bool(const char *s, bool *out);

/*
 * Length of the valid UTF-8 sequence at the start of s, with its code point in *c; 0 if there
 * is none. (RFC 3629: shortest forms only, no surrogates.)
 */
size_t str_utf8(const char *s, uint32_t *c);
/* Returns the character at *s and advances *s. Invalid UTF-8 is read byte by byte. */
uint32_t str_next(const char **s);
/* Bytes of the character at s, as str_next reads it. */
size_t str_char(const char *s);
/*
 * The same length, but 0 for characters that move the cursor, end a line or change the writing
 * direction: unsafe on a terminal.
 */
size_t str_shown(const char *s);

/*
 * Copies the string and writes C0, DEL, C1 and invalid UTF-8, which could move the cursor or
 * end a line, as \n, \t, \xNN. The caller frees it.
 */
char *str_printable(const char *s);

/* A list that is also a C argument vector: v[n] is NULL as soon as an element was added. */
struct strv {
	char **v;
	size_t n;
};

void strv_add(struct strv *l, const char *s); /* adds a copy of s */
void strv_take(struct strv *l, char *s);      /* adds s itself; the list owns it */
void strv_free(struct strv *l);
char *strv_join(const struct strv *l, const char *between); /* "" for an empty list */
bool strv_has(const struct strv *l, const char *s);
void strv_sort(struct strv *l, size_t from); /* by bytes: the elements from this index on */
/* Splits s at each sep and adds the parts; empty parts count. */
void strv_split(struct strv *l, const char *s, char sep);

#define own_strv __attribute__((cleanup(strv_free)))

/* A growing byte buffer. data[len] is 0 as soon as something was added. */
struct buf {
	char *data;
	size_t len, cap;
};

void buf_add(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_printable(struct buf *b, const char *s); /* adds what str_printable makes of s */
void buf_free(struct buf *b);

#define own_buf __attribute__((cleanup(buf_free)))

#endif
