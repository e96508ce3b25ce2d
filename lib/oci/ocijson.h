/*
 * JSON of an engine, read strictly with jansson: a config.json is hostile input. The library
 * refuses duplicate keys, NUL in strings and keys, invalid UTF-8, halves of surrogate pairs,
 * control characters and anything after the value; this module adds the limits of size and depth.
 *
 * jansson has signed numbers of 64 bits, and the specification unsigned ones. Larger numbers are
 * therefore kept as marked strings, which only ocijson_uint reads.
 */
#ifndef CT_OCIJSON_H
#define CT_OCIJSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

enum {
	OCIJSON_MAX = 4 << 20, /* bytes of a file */
	OCIJSON_DEPTH = 32,    /* the deepest field of a config.json is at 7 */
};

/* Reads text: n bytes, then a NUL. name: of the file, for messages. The caller calls json_decref. */
json_t *ocijson_parse(const char *text, size_t n, const char *name, struct err *e);

/* Reads a file beneath dirfd; "-" is standard input. text: receives its content, unless NULL. */
struct buf;
json_t *ocijson_read(int dirfd, const char *name, struct buf *text, struct err *e);

/* A number in [0, max] or, with sign, [min, max]. false: it is not. */
bool ocijson_uint(const json_t *value, uint64_t max, uint64_t *out);
bool ocijson_int(const json_t *value, int64_t min, int64_t max, int64_t *out);

static inline void ocijson_drop(json_t **value)
{
	json_decref(*value);
}
#define own_json __attribute__((cleanup(ocijson_drop)))

#endif
