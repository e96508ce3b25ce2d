#include "image/imageconfig.h"

#include <string.h>

#include "base/own.h"
#include "base/record.h"
#include "base/table.h"

/* Adds "KEY": with a comma before all but the first. */
static void add_key(struct buf *json, const char *key)
{
	buf_fmt(json, "%s\"%s\":", json->data[json->len - 1] == '{' ? "" : ",", key);
}

static void add_text(struct buf *json, const char *key, const char *value)
{
	if (!value)
		return;
	add_key(json, key);
	json_quote(json, value);
}

static void add_strings(struct buf *json, const struct strv *list)
{
	buf_str(json, "[");
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_str(json, ",");
		json_quote(json, list->v[i]);
	}
	buf_str(json, "]");
}

static void add_list(struct buf *json, const char *key, const struct record *config,
		     const char *from)
{
	own_strv struct strv list = {0};

	record_get_list(config, from, &list);
	if (!list.n)
		return;
	add_key(json, key);
	add_strings(json, &list);
}

/* An object: of a set every value is {}, of pairs K=V the text V. */
static void add_object(struct buf *json, const char *key, const struct record *config,
		       const char *from, bool pairs)
{
	own_strv struct strv list = {0};

	record_get_list(config, from, &list);
	if (!list.n)
		return;
	add_key(json, key);
	buf_str(json, "{");
	for (size_t i = 0; i < list.n; i++) {
		size_t n = pairs ? strcspn(list.v[i], "=") : strlen(list.v[i]);
		own_str char *name = str_dup_n(list.v[i], n);

		if (i)
			buf_str(json, ",");
		json_quote(json, name);
		buf_str(json, ":");
		if (pairs)
			json_quote(json, list.v[i][n] ? list.v[i] + n + 1 : "");
		else
			buf_str(json, "{}");
	}
	buf_str(json, "}");
}

static void add_config(struct buf *json, const struct record *config)
{
	const char *healthcheck = record_get(config, "healthcheck");

	add_key(json, "config");
	buf_str(json, "{");
	add_text(json, "User", record_get(config, "user"));
	add_object(json, "ExposedPorts", config, "expose", false);
	add_list(json, "Env", config, "env");
	add_list(json, "Entrypoint", config, "entrypoint");
	add_list(json, "Cmd", config, "cmd");
	if (healthcheck) {
		add_key(json, "Healthcheck");
		buf_str(json, healthcheck);
	}
	add_object(json, "Volumes", config, "volume", false);
	add_text(json, "WorkingDir", record_get(config, "workdir"));
	add_object(json, "Labels", config, "label", true);
	add_text(json, "StopSignal", record_get(config, "stopsignal"));
	add_list(json, "Shell", config, "shell");
	add_list(json, "OnBuild", config, "onbuild");
	buf_str(json, "}");
}

/* An entry is compact JSON of an object, in which a quoted quote has a backslash. */
static bool is_empty_layer(const char *entry)
{
	return strstr(entry, "\"empty_layer\":true") != NULL;
}

static void add_entry(struct buf *json, const char *entry, bool make_empty)
{
	static const char not_empty[] = "\"empty_layer\":false";
	const char *said = strstr(entry, not_empty);

	if (json->data[json->len - 1] != '[')
		buf_str(json, ",");
	if (!make_empty || *entry != '{') {
		buf_str(json, entry);
	} else if (said) {
		buf_add(json, entry, (size_t)(said - entry));
		buf_fmt(json, "\"empty_layer\":true%s", said + strlen(not_empty));
	} else {
		buf_fmt(json, "{\"empty_layer\":true%s%s", entry[1] == '}' ? "" : ",", entry + 1);
	}
}

static void add_history(struct buf *json, const struct record *config, size_t layers)
{
	own_strv struct strv entries = {0};
	size_t n = 0, seen = 0;

	record_get_list(config, "history", &entries);
	for (size_t i = 0; i < entries.n; i++)
		n += !is_empty_layer(entries.v[i]);
	add_key(json, "history");
	buf_str(json, "[");
	for (size_t i = n; i < layers; i++) {
		own_buf struct buf entry = {0};

		buf_str(&entry, "{");
		add_text(&entry, "created", record_get(config, "created"));
		buf_str(&entry, "}");
		add_entry(json, entry.data, false);
	}
	for (size_t i = 0; i < entries.n; i++) {
		bool filled = !is_empty_layer(entries.v[i]);

		seen += filled;
		/* The last entry describes the last layer, which has all of the surplus ones. */
		add_entry(json, entries.v[i], filled && n > layers && seen >= layers && seen < n);
	}
	buf_str(json, "]");
}

void imageconfig_write(const struct record *config, const struct strv *diffids, struct buf *json)
{
	buf_str(json, "{");
	add_text(json, "created", record_get(config, "created"));
	add_text(json, "architecture", record_get(config, "arch"));
	add_text(json, "os", "linux");
	add_config(json, config);
	add_key(json, "rootfs");
	buf_str(json, "{\"type\":\"layers\",\"diff_ids\":");
	add_strings(json, diffids);
	buf_str(json, "}");
	add_history(json, config, diffids->n);
	buf_str(json, "}");
}
