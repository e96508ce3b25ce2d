#include "image/change.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/jsonlist.h"
#include "base/num.h"
#include "base/own.h"
#include "base/record.h"
#include "base/sig.h"
#include "base/str.h"

static const char blanks[] = " \t\r\n";

static const char *skip(const char *s)
{
	return s + strspn(s, blanks);
}

/* Reads one word from s. Returns the text after it, or NULL if a quote is not closed. */
static const char *read_word(const char *s, struct buf *out)
{
	char quote = 0;

	buf_str(out, "");
	for (; *s && (quote || !strchr(blanks, *s)); s++) {
		if (*s == quote)
			quote = 0;
		else if (!quote && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (*s == '\\' && s[1] && (!quote || (quote == '"' && strchr("\"\\$", s[1]))))
			buf_add(out, ++s, 1);
		else
			buf_add(out, s, 1);
	}
	return quote ? NULL : s;
}

static int read_words(const char *s, struct strv *out, struct err *e)
{
	for (s = skip(s); *s; s = skip(s)) {
		own_buf struct buf word = {0};

		s = read_word(s, &word);
		if (!s)
			return err_set(e, "a quote without its end");
		strv_add(out, word.data);
	}
	return out->n ? 0 : err_set(e, "arguments are missing");
}

static int set_command(struct record *config, const char *key, const char *text, struct err *e)
{
	own_strv struct strv words = {0}, line = {0};

	if (!*text)
		return err_set(e, "arguments are missing");
	record_drop(config, key);
	if (jsonlist_read(text, &words) == JSONLIST_STRINGS) {
		record_add_list(config, key, &words);
		return 0;
	}
	strv_add(&line, "/bin/sh");
	strv_add(&line, "-c");
	strv_add(&line, text);
	record_add_list(config, key, &line);
	return 0;
}

/* Replaces a setting of the same name, or with the same text. */
static void put(struct record *config, const char *key, const char *setting)
{
	own_strv struct strv list = {0}, kept = {0};
	size_t name = strcspn(setting, "=");
	bool done = false;

	record_get_list(config, key, &list);
	for (size_t i = 0; i < list.n; i++) {
		bool same = strcspn(list.v[i], "=") == name &&
			strncmp(list.v[i], setting, name) == 0;

		if (!same || !done)
			strv_add(&kept, same ? setting : list.v[i]);
		done |= same;
	}
	if (!done)
		strv_add(&kept, setting);
	record_drop(config, key);
	record_add_list(config, key, &kept);
}

static int set_pairs(struct record *config, const char *key, const char *text, struct err *e)
{
	own_strv struct strv words = {0};

	if (read_words(text, &words, e) < 0)
		return -1;
	if (words.n > 1 && !strchr(words.v[0], '=')) { /* the old form, without "=" */
		const struct strv rest = {words.v + 1, words.n - 1};
		own_str char *value = strv_join(&rest, " "),
			     *one = str_fmt("%s=%s", words.v[0], value);

		put(config, key, one);
		return 0;
	}
	for (size_t i = 0; i < words.n; i++)
		if (*words.v[i] == '=' || !strchr(words.v[i], '='))
			return err_set(e, "%s: not NAME=VALUE", words.v[i]);
	for (size_t i = 0; i < words.n; i++)
		put(config, key, words.v[i]);
	return 0;
}

static int set_text(struct record *config, const char *key, const char *text, struct err *e)
{
	own_strv struct strv words = {0};

	if (read_words(text, &words, e) < 0)
		return -1;
	if (words.n > 1)
		return err_set(e, "%s: a second word", words.v[1]);
	record_drop(config, key);
	record_add(config, key, words.v[0]);
	return 0;
}

static int set_signal(struct record *config, const char *key, const char *text, struct err *e)
{
	own_record struct record alone = {0};
	int ignored;

	if (set_text(&alone, key, text, e) < 0 ||
	    sig_read(record_get(&alone, key), &ignored, e) < 0)
		return -1;
	return set_text(config, key, text, e);
}

static int set_workdir(struct record *config, const char *key, const char *text, struct err *e)
{
	own_str char *before = str_dup(record_get(config, key)), *joined = NULL;
	const char *dir;

	if (set_text(config, key, text, e) < 0)
		return -1;
	dir = record_get(config, key);
	if (*dir == '/')
		return 0;
	joined = str_fmt("%s/%s", before && strcmp(before, "/") != 0 ? before : "", dir);
	record_drop(config, key);
	record_add(config, key, joined);
	return 0;
}

static int add_volumes(struct record *config, const char *key, const char *text, struct err *e)
{
	own_strv struct strv dirs = {0}, words = {0};
	const struct strv *list = &dirs;

	if (jsonlist_read(text, &dirs) != JSONLIST_STRINGS) {
		list = &words;
		if (read_words(text, &words, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i][0] != '/' || !list->v[i][1])
			return err_set(e, "%s: not an absolute path of a directory", list->v[i]);
	for (size_t i = 0; i < list->n; i++)
		put(config, key, list->v[i]);
	return 0;
}

/* Reads a number from 1 to 65535 at *s, and moves *s behind it. */
static bool take_port(const char **s, uint64_t *port)
{
	own_str char *digits = str_dup_n(*s, strspn(*s, "0123456789"));
	struct err ignored;

	*s += strlen(digits);
	return num_uint(digits, 1, UINT16_MAX, port, &ignored) == 0;
}

static bool is_port(const char *s)
{
	static const char *const protocols[] = {"", "/tcp", "/udp", "/sctp"};
	uint64_t first = 0, last;

	if (!take_port(&s, &first))
		return false;
	last = first;
	if (*s == '-' && (s++, !take_port(&s, &last)))
		return false;
	if (last < first)
		return false;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (strcasecmp(s, protocols[i]) == 0)
			return true;
	return false;
}

static int add_ports(struct record *config, const char *key, const char *text, struct err *e)
{
	own_strv struct strv ports = {0};

	if (read_words(text, &ports, e) < 0)
		return -1;
	for (size_t i = 0; i < ports.n; i++) {
		own_str char *full =
			str_fmt("%s%s", ports.v[i], strchr(ports.v[i], '/') ? "" : "/tcp");

		if (!is_port(ports.v[i]))
			return err_set(e, "%s: not PORT[-PORT][/tcp|/udp|/sctp]", ports.v[i]);
		/* Readers of an image config compare the text, so "80/TCP" is written as "80/tcp". */
		for (char *p = full; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		put(config, key, full);
	}
	return 0;
}

int change_apply(struct record *config, const char *text, struct err *e)
{
	static const struct {
		const char *name, *key;
		int (*apply)(struct record *config, const char *key, const char *text,
			     struct err *e);
	} known[] = {
		{"CMD", "cmd", set_command},         {"ENTRYPOINT", "entrypoint", set_command},
		{"ENV", "env", set_pairs},           {"EXPOSE", "expose", add_ports},
		{"LABEL", "label", set_pairs},       {"STOPSIGNAL", "stopsignal", set_signal},
		{"USER", "user", set_text},          {"VOLUME", "volume", add_volumes},
		{"WORKDIR", "workdir", set_workdir},
	};
	size_t n;

	text = skip(text);
	n = strcspn(text, blanks);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == n && strncasecmp(known[i].name, text, n) == 0)
			return known[i].apply(config, known[i].key, skip(text + n), e) < 0
				? err_wrap(e, "%s", known[i].name)
				: 0;
	return err_set(
		e,
		"%.*s: not CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR",
		(int)n, text);
}
