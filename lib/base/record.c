#include "base/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/num.h"

enum { RECORD_MAX = 4 << 20 };

void record_free(struct record *r)
{
	strv_free(&r->keys);
	strv_free(&r->values);
}

void record_add(struct record *r, const char *key, const char *value)
{
	if (!value)
		return;
	strv_add(&r->keys, key);
	strv_add(&r->values, value);
}

void record_add_uint(struct record *r, const char *key, uint64_t value)
{
	strv_add(&r->keys, key);
	strv_take(&r->values, str_fmt("%" PRIu64, value));
}

void record_add_list(struct record *r, const char *key, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++)
		record_add(r, key, values->v[i]);
}

const char *record_get(const struct record *r, const char *key)
{
	for (size_t i = 0; i < r->keys.n; i++)
		if (strcmp(r->keys.v[i], key) == 0)
			return r->values.v[i];
	return NULL;
}

uint64_t record_get_uint(const struct record *r, const char *key)
{
	const char *s = record_get(r, key);
	struct err ignored;
	uint64_t n;

	return s && num_uint(s, 0, UINT64_MAX, &n, &ignored) == 0 ? n : 0;
}

void record_get_list(const struct record *r, const char *key, struct strv *out)
{
	for (size_t i = 0; i < r->keys.n; i++)
		if (strcmp(r->keys.v[i], key) == 0)
			strv_add(out, r->values.v[i]);
}

char *record_join(const struct record *r, const char *key, const char *between)
{
	own_strv struct strv values = {0};

	record_get_list(r, key, &values);
	return strv_join(&values, between);
}

void record_remove(struct record *r, const char *key, const char *value)
{
	struct record kept = {0};

	for (size_t i = 0; i < r->keys.n; i++)
		if (strcmp(r->keys.v[i], key) != 0 || strcmp(r->values.v[i], value) != 0)
			record_add(&kept, r->keys.v[i], r->values.v[i]);
	record_free(r);
	*r = kept;
}

void record_drop(struct record *r, const char *key)
{
	struct record kept = {0};

	for (size_t i = 0; i < r->keys.n; i++)
		if (strcmp(r->keys.v[i], key) != 0)
			record_add(&kept, r->keys.v[i], r->values.v[i]);
	record_free(r);
	*r = kept;
}

/* Unescapes in place: "\n" becomes a newline, "\\" a backslash. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1] != '\0') {
			s++;
			*to++ = *s == 'n' ? '\n' : *s;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

int record_parse(struct buf *text, const char *name, struct record *r, struct err *e)
{
	char *line, *end, *equals;

	if (strlen(text->data) != text->len)
		return err_set(e, "%s: damaged (a NUL byte)", name);
	/* Some files consist mostly of empty lines (container.h). */
	for (line = text->data + strspn(text->data, "\n"); *line; line = end + strspn(end, "\n")) {
		end = strchr(line, '\n');
		if (!end)
			return err_set(e, "%s: damaged (cut short)", name);
		*end++ = '\0';
		equals = strchr(line, '=');
		if (!equals)
			return err_set(e, "%s: damaged (%s)", name, line);
		*equals++ = '\0';
		unescape(equals);
		record_add(r, line, equals);
	}
	return 0;
}

int record_read(int dirfd, const char *name, struct record *r, struct err *e)
{
	own_buf struct buf text = {0};

	if (file_read_kept(dirfd, name, RECORD_MAX, &text, e) < 0)
		return -1;
	return record_parse(&text, name, r, e);
}

void record_format(const struct record *r, struct buf *text)
{
	buf_str(text, "");
	for (size_t i = 0; i < r->keys.n; i++) {
		buf_fmt(text, "%s=", r->keys.v[i]);
		for (const char *p = r->values.v[i]; *p; p++) {
			if (*p == '\n')
				buf_str(text, "\\n");
			else if (*p == '\\')
				buf_str(text, "\\\\");
			else
				buf_add(text, p, 1);
		}
		buf_str(text, "\n");
	}
}

/* Refuses a record that record_read would refuse. */
static int format(const struct record *r, const char *name, struct buf *text, struct err *e)
{
	record_format(r, text);
	return text->len <= RECORD_MAX ? 0
				       : err_set(e, "%s: more than %d MiB", name, RECORD_MAX >> 20);
}

int record_write(int dirfd, const char *name, const struct record *r, struct err *e)
{
	own_buf struct buf text = {0};

	return format(r, name, &text, e) < 0
		? -1
		: file_replace(dirfd, name, 0600, text.data, text.len, e);
}

int record_keep(int dirfd, const char *name, const struct record *r, struct err *e)
{
	own_buf struct buf text = {0};

	return format(r, name, &text, e) < 0 ? -1 : file_keep(dirfd, name, text.data, text.len, e);
}

int record_repair(int dirfd, const char *name, struct err *e)
{
	return file_repair(dirfd, name, RECORD_MAX, e);
}
