#include "oci/ocifields.h"

#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "oci/ocijson.h"
#include "oci/ocispec.h"
#include "oci/ocitable.h"

/* What is being read: the object or element to which offsets belong. */
struct spot {
	struct ociconfig *config;
	void *base;
	const char *path; /* the table's: "mounts[]" */
	const char *name; /* with the index, for messages: "mounts[3]" */
};

static int read_value(const struct spot *at, const json_t *value, struct err *e);

static const struct ocifield *find(const char *path)
{
	const struct ocifield *f = ocitable;

	while (f->path && strcmp(f->path, path) != 0)
		f++;
	return f->path ? f : NULL;
}

static int wrong(const struct spot *at, const char *what, struct err *e)
{
	return err_set(e, "%s: not %s", at->name, what);
}

static int read_words(struct strv *to, const struct spot *at, const json_t *value, struct err *e)
{
	size_t i;
	json_t *word;

	if (!json_is_array(value))
		return wrong(at, "a list of strings", e);
	json_array_foreach(value, i, word)
	{
		if (!json_is_string(word))
			return wrong(at, "a list of strings", e);
		strv_add(to, json_string_value(word));
	}
	return 0;
}

static int read_each(const struct spot *at, const struct ocifield *f, const json_t *list,
		     struct err *e)
{
	struct ocilist *to = (void *)((char *)at->base + f->at);
	json_t *element;
	size_t i;

	if (!json_is_array(list))
		return wrong(at, "a list", e);
	json_array_foreach(list, i, element)
	{
		own_str char *name = str_fmt("%s[%zu]", at->name, i);
		struct spot there = {at->config, ocilist_add(to, f->size), f->path, name};

		if (!json_is_object(element))
			return wrong(&there, "an object", e);
		if ((f->read && f->read(there.base, element, e) < 0) ||
		    read_value(&there, element, e) < 0)
			return -1;
	}
	return 0;
}

static int read_number(const struct spot *at, const struct ocifield *f, const json_t *value,
		       struct err *e)
{
	void *to = (char *)at->base + f->at;
	int64_t number = 0;
	uint64_t large = 0;
	bool is = f->kind == OCI_UINT32 ? ocijson_uint(value, UINT32_MAX, &large)
		: f->kind == OCI_UINT64 ? ocijson_uint(value, UINT64_MAX, &large)
		: f->kind == OCI_INT32  ? ocijson_int(value, INT32_MIN, INT32_MAX, &number)
					: ocijson_int(value, INT64_MIN, INT64_MAX, &number);

	if (!is)
		return wrong(at, f->kind == OCI_UINT32 ? "a number of 32 bits" : "a number", e);
	if (f->kind == OCI_UINT32)
		*(uint32_t *)to = (uint32_t)large;
	else if (f->kind == OCI_UINT64)
		*(uint64_t *)to = large;
	else if (f->kind == OCI_INT32)
		*(int32_t *)to = (int32_t)number;
	else if (f->kind == OCI_INT64)
		*(int64_t *)to = number;
	else
		*(struct resource_number *)to = (struct resource_number){true, number};
	return 0;
}

/* One field; at->path is its own, at->base that of the object around it. */
static int read_field(const struct spot *at, const struct ocifield *f, const json_t *value,
		      struct err *e)
{
	void *to = (char *)at->base + f->at;

	switch (f->kind) {
	case OCI_FOREIGN:
	case OCI_PART:
		return 0;
	case OCI_REFUSED:
		return err_set(e, "%s: not supported", at->name);
	case OCI_OBJECT:
		return json_is_object(value) ? read_value(at, value, e) : wrong(at, "an object", e);
	case OCI_EACH:
		return read_each(at, f, value, e);
	case OCI_TEXT:
		if (!json_is_string(value))
			return wrong(at, "a string", e);
		*(const char **)to = *json_string_value(value) ? json_string_value(value) : NULL;
		return 0;
	case OCI_FLAG:
		if (!json_is_boolean(value))
			return wrong(at, "true or false", e);
		*(bool *)to = json_is_true(value);
		return 0;
	case OCI_WORDS:
		return read_words(to, at, value, e);
	case OCI_FORM:
		return f->read(to, value, e) < 0 ? err_wrap(e, "%s", at->name) : 0;
	default:
		return read_number(at, f, value, e);
	}
}

/* The fields directly below a path that must be there. */
static int check_required(const struct spot *at, const json_t *object, struct err *e)
{
	size_t n = strlen(at->path);

	for (const struct ocifield *f = ocitable; f->path; f++) {
		const char *name = f->path + n + (n > 0);

		if (f->required && strncmp(f->path, at->path, n) == 0 &&
		    (n == 0 || f->path[n] == '.') && !strpbrk(name, ".[") &&
		    (!json_object_get(object, name) || json_is_null(json_object_get(object, name))))
			return err_set(e, "%s%s%s: missing", at->name, n ? "." : "", name);
	}
	return 0;
}

/* The fields of an object. */
static int read_value(const struct spot *at, const json_t *object, struct err *e)
{
	const char *between = *at->path ? "." : "", *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		own_str char *path = str_fmt("%s%s%s%s", at->path, between, key,
					     json_is_array(value) ? "[]" : "");
		own_str char *name = str_fmt("%s%s%s", at->name, between, key);
		struct spot there = {at->config, at->base, path, name};
		const struct ocifield *f = find(path);

		if (!f && json_is_array(value)) {
			path[strlen(path) - 2] = '\0';
			f = find(path);
		}
		if (!f && !json_is_null(value) && !json_is_array(value)) {
			own_str char *list = str_fmt("%s[]", path);

			if (find(list))
				return wrong(&there, "a list", e);
		}
		if (!f || json_is_null(value))
			continue;
		if (read_field(&there, f, value, e) < 0)
			return -1;
		if (f->given)
			*(bool *)((char *)at->config + f->given) = true;
	}
	return check_required(at, object, e);
}

int ocifields_read(struct ociconfig *c, const char *path, const json_t *value, struct err *e)
{
	struct spot at = {c, c, path, path};

	if (!json_is_object(value))
		return err_set(e, "%s: not an object", *path ? path : "the whole");
	return read_value(&at, value, e);
}
