/*
 * Listings: rows of named columns, printed as an aligned table on a terminal, where it fits the
 * width and has sizes and ages for eyes; tab-separated elsewhere; as JSON Lines, or as bare ids.
 */
#ifndef CT_TABLE_H
#define CT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/opt.h"

struct err;

struct column {
	const char *name; /* stable: -o and JSON use it; NULL ends the list */
	bool hidden;      /* printed in JSON and if -o names it, but not in the default table */
	bool number;      /* a JSON number (null if the value is empty) */
	bool flag;        /* a JSON boolean; its value comes from table_flag */
	bool list;        /* a JSON array of strings; its value comes from table_list */

	/* On a terminal: */
	enum { COLUMN_PLAIN, COLUMN_SIZE, COLUMN_TIME, COLUMN_STATUS } look;
	bool clip; /* may be shortened if the line is too long */
	int minor; /* left out if the line is still too long, 1 before 2 and so on; 0: never */
};

/* The output format that the user requested. The first column is the id. */
struct listing {
	bool quiet, json, bare;
	const char *columns;
};

#define OPT_LISTING(s, m)                                                         \
	OPT_FLAG(s, m.quiet, 'q', "quiet", "print only ids"),                     \
		OPT_FLAG(s, m.json, 0, "json", "print one JSON object per line"), \
		OPT_TEXT(s, m.columns, 'o', "output", "COLUMN,...",               \
			 "print only these columns, tab-separated"),              \
		OPT_FLAG(s, m.bare, 0, "no-header", "omit the heading line"),     \
		OPT_INSTEAD(0, "format", "use -o COLUMN,... or --json"),          \
		OPT_INSTEAD(0, "noheading", "use --no-header"),                   \
		OPT_INSTEAD(0, "sort", "use sort(1)"),                            \
		OPT_INSTEAD(0, "no-trunc", "nothing is clipped in a pipe or by --json")

struct table;

/* If an unknown column was requested, the error names it and lists the known ones. */
struct table *table_begin(const struct column *columns, const struct listing *how, struct err *e);
/*
 * Whether one of these columns ("pid,status") is printed. Callers skip finding out values
 * that are not printed.
 */
bool table_shows(const struct table *t, const char *columns);
/*
 * Adds a row: one value for each column, in order; NULL is an empty value.
 * The values are copied.
 */
void table_row(struct table *t, const char *const values[]);
const char *table_flag(bool set);
/*
 * Formats a list: a JSON array for JSON output, otherwise the items joined with `between`.
 * The caller frees it.
 */
char *table_list(const struct table *t, const struct strv *items, const char *between);
/* Prints the rows and frees the table. Write errors stay in ferror(to). */
void table_end(struct table *t, FILE *to);

/* Adds s as a JSON string with quotes; invalid UTF-8 bytes become U+FFFD. */
void json_quote(struct buf *out, const char *s);

#endif
