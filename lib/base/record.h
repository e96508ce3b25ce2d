/*
 * Records: small files of "key=value" lines that describe an image, a container or a run. A
 * shell reads them as easily as C does, and the run path needs no JSON parser. A key may occur
 * several times (arguments, environment); order is kept. In a value "\\" stands for a backslash
 * and "\n" for a newline.
 */
#ifndef CT_RECORD_H
#define CT_RECORD_H

#include <stdint.h>

#include "base/str.h"

struct err;

struct record {
	struct strv keys, values; /* pairs, in order */
};

void record_free(struct record *r);
#define own_record __attribute__((cleanup(record_free)))

void record_add(struct record *r, const char *key,
		const char *value); /* adds nothing if value is NULL */
void record_add_uint(struct record *r, const char *key, uint64_t value);
void record_add_list(struct record *r, const char *key, const struct strv *values);

/* The first value of key, or NULL. */
const char *record_get(const struct record *r, const char *key);
uint64_t record_get_uint(const struct record *r, const char *key); /* 0 if absent or not a number */
/* Adds all values of key to out, in order. */
void record_get_list(const struct record *r, const char *key, struct strv *out);
/* All values of key joined with `between`; "" if there is none. The caller frees it. */
char *record_join(const struct record *r, const char *key, const char *between);
/* Removes the lines "key=value", if there are any. */
void record_remove(struct record *r, const char *key, const char *value);
/* Removes every line of key. */
void record_drop(struct record *r, const char *key);

/*
 * Reads `name` beneath dirfd (at most 4 MiB). A line without "=" is an error;
 * empty lines are ignored.
 */
int record_read(int dirfd, const char *name, struct record *r, struct err *e);
/* Reads a record from text, which is modified. name: the file or document, for messages. */
int record_parse(struct buf *text, const char *name, struct record *r, struct err *e);
/* Replaces the file atomically with mode 0600 (file_replace). More than 4 MiB is an error. */
int record_write(int dirfd, const char *name, const struct record *r, struct err *e);
/*
 * Replaces a record of the store without waiting for the disk: whole or absent after a
 * power cut (file_keep).
 */
int record_keep(int dirfd, const char *name, const struct record *r, struct err *e);
/* After a power cut: restores the data of a file that record_keep wrote (file_repair). */
int record_repair(int dirfd, const char *name, struct err *e);
/* Formats the record as the text of its file. */
void record_format(const struct record *r, struct buf *text);

#endif
