#include "container/mountlong.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "container/mountspec.h"
#include "store/names.h"

enum type { BIND = 1, VOLUME = 2, TMPFS = 4, ALL = 7 };

static const struct {
	const char *name;
	enum type type;
} types[] = {{"bind", BIND}, {"volume", VOLUME}, {"tmpfs", TMPFS}};

enum key { TYPE, SOURCE, TARGET, READ_ONLY, READ_WRITE, PROPAGATION, NO_COPY, SIZE, MODE, KEYS };

/* The spellings of docker and podman. on: the types that have the key. */
static const struct {
	const char *name;
	enum key key;
	unsigned on;
	bool is_flag; /* KEY, KEY=true or KEY=false */
} keys[] = {
	{"type", TYPE, ALL, false},
	{"src", SOURCE, BIND | VOLUME, false},
	{"source", SOURCE, BIND | VOLUME, false},
	{"dst", TARGET, ALL, false},
	{"destination", TARGET, ALL, false},
	{"target", TARGET, ALL, false},
	{"ro", READ_ONLY, ALL, true},
	{"readonly", READ_ONLY, ALL, true},
	{"rw", READ_WRITE, ALL, true},
	{"bind-propagation", PROPAGATION, BIND, false},
	{"volume-nocopy", NO_COPY, VOLUME, true},
	{"tmpfs-size", SIZE, TMPFS, false},
	{"tmpfs-mode", MODE, TMPFS, false},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The values by their meaning, and the keys as the user wrote them; NULL: not given. */
struct long_form {
	const char *text;
	enum type type;
	const char *value[KEYS], *key[KEYS];
};

/* Notes one "KEY=VALUE". part is split in place. */
static int note(struct long_form *l, char *part, struct err *e)
{
	char *value = strchr(part, '=');
	size_t i = 0;
	bool flag;

	if (value)
		*value++ = '\0';
	while (i < COUNT(keys) && !str_equal(part, keys[i].name))
		i++;
	if (i == COUNT(keys))
		return err_set(e, "%s: %s: not supported", l->text, part);
	if (l->key[keys[i].key])
		return err_set(e, "%s: %s: given twice", l->text, part);
	if (keys[i].is_flag && value && !str_bool(value, &flag))
		return err_set(e, "%s: %s=%s: not true or false", l->text, part, value);
	if (!keys[i].is_flag && (!value || !*value))
		return err_set(e, "%s: %s: needs a value", l->text, part);
	l->key[keys[i].key] = keys[i].name;
	l->value[keys[i].key] = value ? value : "true";
	return 0;
}

/* Without a type, docker and podman make a volume. */
static int find_type(struct long_form *l, struct err *e)
{
	const char *name = l->value[TYPE] ? l->value[TYPE] : "volume";

	for (size_t i = 0; i < COUNT(types); i++)
		if (str_equal(name, types[i].name))
			l->type = types[i].type;
	if (!l->type)
		return err_set(e, "%s: type=%s: not bind, volume or tmpfs", l->text, name);
	for (size_t i = 0; i < COUNT(keys); i++)
		if (l->key[keys[i].key] == keys[i].name && !(keys[i].on & l->type))
			return err_set(e, "%s: %s: not with type=%s", l->text, keys[i].name, name);
	return 0;
}

static bool is_set(const struct long_form *l, enum key key)
{
	bool set = false;

	if (l->value[key])
		str_bool(l->value[key], &set);
	return set;
}

static int read_source(const struct long_form *l, struct mountspec *v, struct err *e)
{
	const char *source = l->value[SOURCE];

	if (l->type == BIND && !source)
		return err_set(e, "%s: needs src", l->text);
	if (l->type == BIND)
		return mountspec_find_source(v, source, e);
	if (!source)
		return v->read_only || v->no_copy
			? err_set(e, "%s: %s: only of a volume with src", l->text,
				  l->key[v->no_copy                  ? NO_COPY
						 : l->key[READ_ONLY] ? READ_ONLY
								     : READ_WRITE])
			: 0;
	if (name_check_container(source, e) < 0)
		return err_wrap(e, "src");
	v->name = str_dup(source);
	return 0;
}

static int read_bind_or_volume(const struct long_form *l, struct mountspec *v, struct err *e)
{
	const char *word = l->value[PROPAGATION];
	int known = word ? mountspec_read_propagation(v, word, l->text, e) : 1;

	if (known <= 0)
		return known < 0
			? -1
			: err_set(e,
				  "%s: bind-propagation=%s: not shared, slave, private, rshared, "
				  "rslave or rprivate",
				  l->text, word);
	v->no_copy = is_set(l, NO_COPY);
	return read_source(l, v, e);
}

static int read_tmpfs(const struct long_form *l, struct mountspec *v, struct err *e)
{
	const char *mode = l->value[MODE];
	struct buf options = {0};
	uint64_t size;

	if (l->value[SIZE] && num_size(l->value[SIZE], &size, e) < 0)
		return err_wrap(e, "tmpfs-size");
	if (mode && (strspn(mode, "01234567") != strlen(mode) || strtoul(mode, NULL, 8) > 07777))
		return err_set(e, "tmpfs-mode=%s: not an octal number up to 7777", mode);
	buf_str(&options, v->read_only ? "ro" : "");
	if (l->value[SIZE])
		buf_fmt(&options, "%ssize=%llu", options.len ? "," : "", (unsigned long long)size);
	if (mode)
		buf_fmt(&options, "%smode=%s", options.len ? "," : "", mode);
	v->options = options.data;
	return 0;
}

static int fill(const struct long_form *l, struct mountspec *v, struct err *e)
{
	if (!l->value[TARGET])
		return err_set(e, "%s: needs dst", l->text);
	if (strchr(l->value[TARGET], ':'))
		return err_set(e, "%s: a target with \":\" in it cannot be recorded", l->text);
	if (l->key[READ_ONLY] && l->key[READ_WRITE])
		return err_set(e, "%s: %s and rw", l->text, l->key[READ_ONLY]);
	v->read_only = l->key[READ_WRITE] ? !is_set(l, READ_WRITE) : is_set(l, READ_ONLY);
	v->target = str_dup(l->value[TARGET]);
	if ((l->type == TMPFS ? read_tmpfs(l, v, e) : read_bind_or_volume(l, v, e)) < 0)
		return -1;
	return mountspec_clean_target(v, l->text, e);
}

int mountlong_read(const char *text, struct mountspec *v, bool *tmpfs, struct err *e)
{
	own_strv struct strv parts = {0};
	struct long_form l = {.text = text};

	*v = (struct mountspec){0};
	strv_split(&parts, text, ',');
	for (size_t i = 0; i < parts.n; i++)
		if (note(&l, parts.v[i], e) < 0)
			return -1;
	if (find_type(&l, e) < 0)
		return -1;
	*tmpfs = l.type == TMPFS;
	if (fill(&l, v, e) == 0)
		return 0;
	mountspec_free(v);
	return -1;
}
