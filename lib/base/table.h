/*
 * Listings: rows of named columns, written as an aligned table on a terminal,
 * tab-separated anywhere else, as JSON Lines, or as bare ids.
 */
#ifndef CT_TABLE_H
#define CT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/opt.h"

struct err;

struct column {
	const char *name; /* stable: what -o takes and JSON shows; NULL ends the list */
	bool hidden;      /* shown in JSON and when -o asks for it, not in the plain table */
	bool number;      /* a JSON number (null if the value is empty) */
	bool flag;        /* a JSON boolean; its value comes from table_flag */
	bool list;        /* a JSON array of strings; its value comes from table_list */
};

/* What the user asked a listing to look like; the first column is the id. */
struct listing {
	bool quiet, json, bare;
	const char *columns;
};

#define OPT_LISTING(s, m)                                               \
	OPT_FLAG(s, m.quiet, 'q', "quiet", "only ids"),                 \
		OPT_FLAG(s, m.json, 0, "json", "a JSON object a line"), \
		OPT_TEXT(s, m.columns, 'o', "output", "COLUMN,...",     \
			 "only these columns, tab-separated"),          \
		OPT_FLAG(s, m.bare, 0, "no-header", "leave the heading line out")

struct table;

/* e names a column that does not exist and lists those that do. */
struct table *table_begin(const struct column *columns, const struct listing *how, struct err *e);
/* Whether any of these columns ("pid,status") is to be shown: what is not need not be found out. */
bool table_shows(const struct table *t, const char *columns);
/* One value a column, in the order of the columns; NULL is an empty one. Copied. */
void table_row(struct table *t, const char *const values[]);
const char *table_flag(bool set);
/* The value of a list: JSON if that is asked for, else the items with this between. The caller
 * frees it. */
char *table_list(const struct table *t, const struct strv *items, const char *between);
/* Writes what has not been written yet and frees the table. Errors stay in ferror(to). */
void table_end(struct table *t, FILE *to);

/* A string as JSON, with its quotes; bytes that are no UTF-8 become U+FFFD. */
void json_string(struct buf *out, const char *s);

#endif
