#include "base/table.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/screen.h"

enum { GAP = 2, MINOR_MAX = 4 };

struct table {
	const struct column *columns;
	const struct listing *how;
	size_t n;             /* number of columns */
	size_t *pick, picked; /* columns to print, in order */
	struct buf cells;     /* values of the picked columns, row after row, each with its NUL */
	size_t rows;
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
	buf_free(&t->cells);
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
	for (size_t k = 0; k < t->picked; k++) {
		const char *value = values[t->pick[k]] ? values[t->pick[k]] : "";

		buf_add(&t->cells, value, strlen(value) + 1);
	}
	t->rows++;
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

/* Prints the row that begins at `value`. Returns the next row. */
static const char *print_json(const struct table *t, const char *value, FILE *to)
{
	own_buf struct buf line = {0};

	for (size_t k = 0; k < t->picked; k++, value += strlen(value) + 1) {
		const struct column *c = &t->columns[t->pick[k]];

		buf_fmt(&line, "%s\"%s\":", k ? "," : "{", c->name);
		if (!c->number && !c->flag && !c->list)
			json_quote(&line, value);
		else
			buf_str(&line, *value ? value : "null");
	}
	fprintf(to, "%s}\n", line.data);
	return value;
}

static const char *print_plain(const struct table *t, const char *value, FILE *to)
{
	own_buf struct buf line = {0};

	for (size_t k = 0; k < t->picked; k++, value += strlen(value) + 1) {
		buf_str(&line, k ? "\t" : "");
		buf_printable(&line, value);
	}
	buf_str(&line, "\n");
	fputs(line.data, to);
	return value;
}

/* A cell as it looks on a terminal. */
static char *look(const struct column *c, char *cell)
{
	struct timespec then, now;
	struct err ignored;
	uint64_t bytes;

	if (c->look == COLUMN_SIZE && num_uint(cell, 0, UINT64_MAX, &bytes, &ignored) == 0)
		return screen_size(bytes);
	if (c->look != COLUMN_TIME || !*cell || num_time(cell, &then, &ignored) < 0)
		return str_dup(cell);
	clock_gettime(CLOCK_REALTIME, &now);
	return screen_age(&then, &now);
}

/* The columns that are printed on a terminal, and their widths. */
struct layout {
	size_t *width;
	bool *clip, *hide;
};

static bool fits(const struct table *t, const struct layout *l, size_t columns)
{
	size_t *width = mem_alloc(t->picked * sizeof(*width)), n = 0;
	bool *clip = mem_alloc(t->picked * sizeof(*clip)), fit;

	for (size_t k = 0; k < t->picked; k++)
		if (!l->hide[k]) {
			width[n] = l->width[k];
			clip[n++] = l->clip[k];
		}
	fit = screen_fit(width, clip, n, GAP, columns);
	for (size_t k = 0, i = 0; k < t->picked; k++)
		if (!l->hide[k] && fit)
			l->width[k] = width[i++];
	free(width);
	free(clip);
	return fit;
}

/* Shortens columns, and leaves out minor ones, but none that the user asked for. */
static void lay_out(const struct table *t, struct layout *l, char **cells, size_t n, size_t columns)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = i % t->picked, width = screen_columns(cells[i]);

		l->width[k] = width > l->width[k] ? width : l->width[k];
		l->clip[k] = t->columns[t->pick[k]].clip;
	}
	for (int minor = 1; !fits(t, l, columns) && minor <= MINOR_MAX; minor++)
		for (size_t k = 0; k < t->picked; k++)
			l->hide[k] |= !t->how->columns && t->columns[t->pick[k]].minor == minor;
}

/* Pads every column but the last to its width. */
static void print_line(const struct table *t, const struct layout *l, char **cells, bool colour,
		       FILE *to)
{
	size_t pad = 0;

	for (size_t k = 0; k < t->picked; k++) {
		own_str char *cell = l->hide[k] ? NULL : screen_clip(cells[k], l->width[k]);
		const char *paint = colour && t->columns[t->pick[k]].look == COLUMN_STATUS
			? screen_status_colour(cells[k])
			: "";

		if (!cell)
			continue;
		fprintf(to, "%*s%s%s%s", (int)pad, "", paint, cell, *paint ? SCREEN_PLAIN : "");
		pad = l->width[k] + GAP - screen_columns(cell);
	}
	fputc('\n', to);
}

static void show_cells(const char *cell, size_t n, struct strv *shown)
{
	for (size_t i = 0; i < n; i++, cell += strlen(cell) + 1)
		strv_take(shown, str_printable(cell));
}

static void print_screen(const struct table *t, const struct buf *head, bool bare, FILE *to)
{
	size_t n = (t->rows + 1) * t->picked, first = bare ? t->picked : 0;
	own_strv struct strv shown = {0};
	char **cells;
	struct layout l = {.width = mem_alloc(t->picked * sizeof(*l.width)),
			   .clip = mem_alloc(t->picked * sizeof(*l.clip)),
			   .hide = mem_alloc(t->picked * sizeof(*l.hide))};
	bool colour = screen_has_colours();

	show_cells(head->data, t->picked, &shown);
	show_cells(t->cells.data, t->rows * t->picked, &shown);
	cells = shown.v;
	for (size_t i = t->picked; i < n; i++) {
		char *cell = look(&t->columns[t->pick[i % t->picked]], cells[i]);

		free(cells[i]);
		cells[i] = cell;
	}
	/* Without the heading line, its words take no room. */
	lay_out(t, &l, cells + first, n - first, screen_width(fileno(to)));
	for (size_t i = first; i < n; i += t->picked)
		print_line(t, &l, cells + i, colour && i > 0, to);
	free(l.width);
	free(l.clip);
	free(l.hide);
}

static void make_heading(const struct table *t, struct buf *head)
{
	for (size_t k = 0; k < t->picked; k++) {
		const char *name = t->columns[t->pick[k]].name;
		size_t at = head->len;

		buf_add(head, name, strlen(name) + 1);
		for (char *p = head->data + at; *p; p++)
			*p = (char)toupper((unsigned char)*p);
	}
}

void table_end(struct table *t, FILE *to)
{
	bool bare = t->how->quiet || t->how->bare, json = t->how->json;
	const char *row = t->cells.data;
	own_buf struct buf head = {0};

	make_heading(t, &head);
	if (!json && !t->how->quiet && isatty(fileno(to))) {
		print_screen(t, &head, bare, to);
	} else {
		if (!json && !bare)
			print_plain(t, head.data, to);
		for (size_t r = 0; r < t->rows; r++)
			row = json ? print_json(t, row, to) : print_plain(t, row, to);
	}
	free_table(t);
}
