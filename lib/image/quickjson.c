#include "image/quickjson.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/record.h"
#include "base/str.h"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

enum { LARGEST = 256 << 10, DEEPEST = 16 };

/* jq's numbers are doubles. */
static const json_int_t INTEGER_MAX = INT64_C(1) << 53;

static const char *const image_types[] = {
	OCI "manifest.v1+json",
	DOCKER "distribution.manifest.v2+json",
	NULL,
};
static const char *const config_types[] = {
	OCI "config.v1+json",
	DOCKER "container.image.v1+json",
	NULL,
};
static const char *const layer_types[] = {
	OCI "layer.v1.tar",
	OCI "layer.v1.tar+gzip",
	OCI "layer.v1.tar+zstd",
	DOCKER "image.rootfs.diff.tar",
	DOCKER "image.rootfs.diff.tar.gzip",
	DOCKER "image.rootfs.diff.tar.zstd",
	NULL,
};

static void drop(json_t **value)
{
	json_decref(*value);
}
#define own_json __attribute__((cleanup(drop)))

/* Strings with such a character are written differently by jq. */
static bool is_plain_text(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && !strchr("\b\t\n\f\r", *text)) || *text == 0x7f)
			return false;
	return true;
}

/* Whether jq and jansson read and write the value in the same way. */
static bool is_plain(const json_t *value, int depth)
{
	json_int_t number = json_integer_value(value);
	const char *key;
	json_t *item;
	size_t i;

	if (depth > DEEPEST || json_is_real(value) || number > INTEGER_MAX || number < 0)
		return false;
	if (json_is_string(value))
		return is_plain_text(json_string_value(value));
	json_array_foreach(value, i, item) if (!is_plain(item, depth + 1)) return false;
	/* The macro's type of the value is not const, but it only reads. */
	json_object_foreach((json_t *)(uintptr_t)value, key,
			    item) if (!is_plain_text(key) ||
				      !is_plain(item, depth + 1)) return false;
	return true;
}

/* Returns an object, or NULL. */
static json_t *parse(const void *json, size_t n)
{
	own_json json_t *all = n > LARGEST ? NULL
					   : json_loadb(json, n, JSON_REJECT_DUPLICATES, NULL);

	return json_is_object(all) && is_plain(all, 1) ? json_incref(all) : NULL;
}

static bool is_one_of(const char *text, const char *const *list)
{
	while (*list && !str_equal(text, *list))
		list++;
	return *list;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool is_absent(const json_t *value)
{
	return !value || json_is_null(value);
}

/* --- manifests --- */

static bool add_descriptor(const json_t *value, const char *key, const char *const *types,
			   struct record *out)
{
	const char *type = text_of(value, "mediaType"), *digest = text_of(value, "digest");
	const json_t *size = json_object_get(value, "size");
	own_str char *text = NULL;

	if (!type || !digest || !json_is_integer(size) || !is_one_of(type, types))
		return false;
	text = str_fmt("%" JSON_INTEGER_FORMAT " %s %s", json_integer_value(size), type, digest);
	record_add(out, key, text);
	return true;
}

static bool add_manifest(const json_t *all, const char *type, struct record *out)
{
	const json_t *layers = json_object_get(all, "layers"), *layer,
		     *own = json_object_get(all, "mediaType");
	size_t i;

	if (json_object_get(all, "manifests") || !json_is_array(layers) ||
	    json_integer_value(json_object_get(all, "schemaVersion")) != 2)
		return false;
	if (!is_absent(own) && !is_one_of(json_string_value(own), image_types))
		return false;
	if (*type &&
	    (!is_one_of(type, image_types) ||
	     (!is_absent(own) && !str_equal(type, json_string_value(own)))))
		return false;
	record_add(out, "kind", "image");
	if (!add_descriptor(json_object_get(all, "config"), "config", config_types, out))
		return false;
	json_array_foreach(layers, i, layer) if (!add_descriptor(layer, "layer", layer_types,
								 out)) return false;
	return true;
}

/* --- configs --- */

static bool add_text(const json_t *object, const char *name, const char *key, struct record *out)
{
	const json_t *value = json_object_get(object, name);

	if (is_absent(value))
		return true;
	if (!json_is_string(value))
		return false;
	if (*json_string_value(value))
		record_add(out, key, json_string_value(value));
	return true;
}

static bool add_list(const json_t *object, const char *name, const char *key, struct record *out)
{
	const json_t *list = json_object_get(object, name), *item;
	size_t i;

	if (!is_absent(list) && !json_is_array(list))
		return false;
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return false;
		record_add(out, key, json_string_value(item));
	}
	return true;
}

static bool add_env(const json_t *object, struct record *out)
{
	const json_t *list = json_object_get(object, "Env"), *item;
	const char *text;
	size_t i;

	if (!is_absent(list) && !json_is_array(list))
		return false;
	json_array_foreach(list, i, item)
	{
		text = json_string_value(item);
		if (!text || !strchr(text, '=') || *text == '=')
			return false;
		record_add(out, "env", text);
	}
	return true;
}

/* The keys of an object that is a set; with values, "KEY=VALUE". */
static bool add_keys(const json_t *object, const char *name, const char *key, bool values,
		     struct record *out)
{
	json_t *set = json_object_get(object, name), *value;
	const char *item;

	if (!is_absent(set) && !json_is_object(set))
		return false;
	json_object_foreach(set, item, value)
	{
		own_str char *text = NULL;

		if (values && !json_is_string(value))
			return false;
		text = values ? str_fmt("%s=%s", item, json_string_value(value)) : str_dup(item);
		record_add(out, key, text);
	}
	return true;
}

static void add_json(const json_t *value, const char *key, struct record *out)
{
	own_str char *text = json_dumps(value, JSON_COMPACT);

	record_add(out, key, text);
}

static bool add_history(const json_t *all, struct record *out)
{
	const json_t *list = json_object_get(all, "history"), *item;
	size_t i;

	if (!is_absent(list) && !json_is_array(list))
		return false;
	json_array_foreach(list, i, item)
	{
		if (!json_is_object(item))
			return false;
		add_json(item, "history", out);
	}
	return true;
}

static bool add_run(const json_t *all, struct record *out)
{
	const json_t *run = json_object_get(all, "config"), *health;

	if (is_absent(run))
		return true;
	if (!json_is_object(run) || !add_list(run, "Entrypoint", "entrypoint", out) ||
	    !add_list(run, "Cmd", "cmd", out) || !add_env(run, out) ||
	    !add_text(run, "WorkingDir", "workdir", out) || !add_text(run, "User", "user", out) ||
	    !add_text(run, "StopSignal", "stopsignal", out) ||
	    !add_keys(run, "Volumes", "volume", false, out) ||
	    !add_keys(run, "Labels", "label", true, out) ||
	    !add_keys(run, "ExposedPorts", "expose", false, out) ||
	    !add_list(run, "Shell", "shell", out) || !add_list(run, "OnBuild", "onbuild", out))
		return false;
	health = json_object_get(run, "Healthcheck");
	if (json_object_size(health) > 0)
		add_json(health, "healthcheck", out);
	return true;
}

/* Whether the filter's expression for times matches. */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddT";
	const char *zone;
	size_t n;

	for (const char *f = form; *f; f++, text++)
		if (*f == 'd' ? !strchr("0123456789", *text) || !*text : *text != *f)
			return false;
	n = strspn(text, "0123456789:.");
	zone = text + n;
	return n >= 8 && n <= 18 && str_equal(zone, "Z"); /* other time zones are rare */
}

static bool add_config(const json_t *all, struct record *out)
{
	const json_t *rootfs = json_object_get(all, "rootfs"),
		     *created = json_object_get(all, "created");

	if (!is_absent(created) &&
	    (!json_is_string(created) || !is_time(json_string_value(created))))
		return false;
	return add_text(all, "os", "os", out) && add_text(all, "architecture", "arch", out) &&
		add_text(all, "created", "created", out) && add_run(all, out) &&
		str_equal(text_of(rootfs, "type"), "layers") &&
		add_list(rootfs, "diff_ids", "diffid", out) && add_history(all, out);
}

static bool settle(bool done, struct record *out)
{
	if (!done)
		record_free(out);
	return done;
}

bool quickjson_manifest(const void *json, size_t n, const char *type, struct record *out)
{
	own_json json_t *all = parse(json, n);

	return settle(all && add_manifest(all, type, out), out);
}

bool quickjson_config(const void *json, size_t n, struct record *out)
{
	own_json json_t *all = parse(json, n);

	return settle(all && add_config(all, out), out);
}
