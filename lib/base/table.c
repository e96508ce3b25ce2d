#include "base/table.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"

struct table {
	const struct column *columns;
	const struct listing *how;
	size_t n;             /* number of columns */
	size_t *pick, picked; /* columns to print, in order */
	struct strv cells;    /* values of the picked columns, row after row */
};

static int pick(struct table *t, struct err *e)
{
	own_strv struct strv names = {0}, known = {0};
	own_buf struct buf all = {0};
	size_t i;

	for (i = 0; i < t->n; i++)
		buf_fmt(&all, "%s%s", i ? "," : "", t->columns[i].name);
	if (!t->how->columns) {
		for (i = 0; i < t->n; i++)
			if (t->how->quiet ? i == 0 : t->how->json || !t->columns[i].hidden)
				t->pick[t->picked++] = i;
		return 0;
	}
	strv_split(&names, t->how->columns, ',');
	t->pick = mem_grow(t->pick, t->n + names.n, sizeof(*t->pick));
	for (size_t k = 0; k < names.n; k++) {
		for (i = 0; i < t->n && strcmp(names.v[k], t->columns[i].name) != 0; i++)
			continue;
		if (i == t->n) {
			err_set(e, "%s: no such column (there are %s)", names.v[k], all.data);
			return err_status(e, 2);
		}
		t->pick[t->picked++] = i;
	}
	return 0;
}

static void free_table(struct table *t)
{
	strv_free(&t->cells);
	free(t->pick);
	free(t);
}

struct table *table_begin(const struct column *columns, const struct listing *how, struct err *e)
{
	struct table *t = mem_alloc(sizeof(*t));

	t->columns = columns;
	t->how = how;
	while (columns[t->n].name)
		t->n++;
	t->pick = mem_alloc(t->n * sizeof(*t->pick));
	if (pick(t, e) < 0) {
		free_table(t);
		return NULL;
	}
	return t;
}

bool table_shows(const struct table *t, const char *columns)
{
	own_strv struct strv names = {0};

	strv_split(&names, columns, ',');
	for (size_t k = 0; k < t->picked; k++)
		if (strv_has(&names, t->columns[t->pick[k]].name))
			return true;
	return false;
}

void table_row(struct table *t, const char *const values[])
{
	for (size_t k = 0; k < t->picked; k++)
		strv_add(&t->cells, values[t->pick[k]] ? values[t->pick[k]] : "");
}

void json_quote(struct buf *out, const char *s)
{
	uint32_t c;
	size_t n;

	buf_str(out, "\"");
	for (; *s; s += n ? n : 1) {
		n = str_utf8(s, &c);
		if (!n)
			buf_str(out, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			buf_fmt(out, "\\%c", (int)c);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
			 (c >= 0x2066 && c <= 0x2069))
			buf_fmt(out, "\\u%04x", c); /* equivalent in JSON, and safe on a terminal */
		else
			buf_add(out, s, n);
	}
	buf_str(out, "\"");
}

const char *table_flag(bool set)
{
	return set ? "true" : "false";
}

char *table_list(const struct table *t, const struct strv *items, const char *between)
{
	struct buf array = {0};

	if (!t->how->json)
		return strv_join(items, between);
	buf_str(&array, "[");
	for (size_t i = 0; i < items->n; i++) {
		buf_str(&array, i ? "," : "");
		json_quote(&array, items->v[i]);
	}
	buf_str(&array, "]");
	return array.data;
}

static void print_json(const struct table *t, char **row, FILE *to)
{
	own_buf struct buf line = {0};

	for (size_t k = 0; k < t->picked; k++) {
		const struct column *c = &t->columns[t->pick[k]];
		const char *value = row[k];

		buf_fmt(&line, "%s\"%s\":", k ? "," : "{", c->name);
		if (!c->number && !c->flag && !c->list)
			json_quote(&line, value);
		else
			buf_str(&line, *value ? value : "null");
	}
	fprintf(to, "%s}\n", line.data);
}

/* Pads every column but the last to its widest value, two spaces between. */
static void print_line(const struct table *t, char **cells, const size_t *width, FILE *to)
{
	for (size_t k = 0; k < t->picked; k++) {
		if (!width)
			fprintf(to, "%s%s", k ? "\t" : "", cells[k]);
		else if (k + 1 < t->picked)
			fprintf(to, "%-*s  ", (int)width[k], cells[k]);
		else
			fputs(cells[k], to);
	}
	fputc('\n', to);
}

void table_end(struct table *t, FILE *to)
{
	bool aligned = !t->how->columns && !t->how->quiet && isatty(fileno(to));
	size_t rows = t->cells.n / t->picked; /* the id is always picked */
	size_t *width = mem_alloc(t->picked * sizeof(*width));
	own_strv struct strv shown = {0};

	if (t->how->json) {
		for (size_t r = 0; r < rows; r++)
			print_json(t, t->cells.v + r * t->picked, to);
		goto done;
	}
	for (size_t k = 0; k < t->picked; k++) {
		char *head = str_dup(t->columns[t->pick[k]].name);

		for (char *p = head; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		strv_take(&shown, head);
	}
	for (size_t i = 0; i < t->cells.n; i++)
		strv_take(&shown, str_printable(t->cells.v[i]));
	for (size_t i = 0; i < shown.n; i++)
		if (strlen(shown.v[i]) > width[i % t->picked])
			width[i % t->picked] = strlen(shown.v[i]);
	for (size_t r = t->how->quiet || t->how->bare ? 1 : 0; r <= rows; r++)
		print_line(t, shown.v + r * t->picked, aligned ? width : NULL, to);
done:
	free(width);
	free_table(t);
}
