/*
 * Records: what ct keeps about an image, a container or a run, one "key=value"
 * a line, so that a shell reads it as easily as C and the run path needs no
 * JSON parser. A key may come more than once (arguments, environment); order
 * is kept. In a value "\\" stands for a backslash and "\n" for a newline.
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
		const char *value); /* value NULL: nothing is added */
void record_add_uint(struct record *r, const char *key, uint64_t value);
void record_add_list(struct record *r, const char *key, const struct strv *values);

/* The first value of key, or NULL. */
const char *record_get(const struct record *r, const char *key);
uint64_t record_get_uint(const struct record *r, const char *key); /* 0 if absent or no number */
/* All values of key, in order, added to out. */
void record_get_list(const struct record *r, const char *key, struct strv *out);
/* The same as one string, joined; "" if there is none. The caller frees it. */
char *record_join(const struct record *r, const char *key, const char *between);
/* Takes one line out, if it is there. */
void record_remove(struct record *r, const char *key, const char *value);
/* Takes every line of key out. */
void record_drop(struct record *r, const char *key);

/* Reads `name` beneath dirfd (4 MiB at most). A line without "=" is an error; empty ones say
 * nothing. */
int record_read(int dirfd, const char *name, struct record *r, struct err *e);
/* The same of a text, which is changed; name: whose it is, in messages. */
int record_parse(struct buf *text, const char *name, struct record *r, struct err *e);
/* Replaces it in one step, mode 0600 (file_replace). */
int record_write(int dirfd, const char *name, const struct record *r, struct err *e);
/* The same in the store, where nobody waits for the disk: whole or absent after a power cut
 * (file_keep). */
int record_keep(int dirfd, const char *name, const struct record *r, struct err *e);
/* After a power cut: gives such a record's file its text again, for those who read it otherwise. */
int record_repair(int dirfd, const char *name, struct err *e);
/* The same as text. */
void record_format(const struct record *r, struct buf *text);

#endif
