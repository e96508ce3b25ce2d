/* The filters of ct-ps --filter. */
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "container/container.h"
#include "ps.h"
#include "store/names.h"
#include "store/store.h"

struct filter {
	const struct key *key;
	const char *value;
	regex_t name; /* of the key "name" */
};

static bool status_fits(const struct seen *s, const struct filter *f)
{
	own_str char *status = container_status_text(s->st);

	status[strcspn(status, " ")] = '\0';
	return strcmp(status, f->value) == 0;
}

static int read_status(struct filter *f, struct err *e)
{
	static const char *const known[] = {"created", "running", "paused",
					    "exited",  "killed",  "dead"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(f->value, known[i]) == 0)
			return 0;
	return err_set(e, "no such status (created, running, paused, exited, killed or dead)");
}

static bool name_fits(const struct seen *s, const struct filter *f)
{
	const char *name = record_get(&s->c->config, "name");

	return name && regexec(&f->name, name, 0, NULL, 0) == 0;
}

/*
 * podman uses Go's regular expressions. For names they equal those of regex(7), except for a
 * backslash before a letter or digit: glibc silently takes most of these for the letter itself.
 */
static int read_name(struct filter *f, struct err *e)
{
	char why[100];
	int failed;

	for (const char *c = f->value; (c = strchr(c, '\\')) && c[1]; c += 2)
		if (isalnum((unsigned char)c[1]) && !strchr("bBsSwW", c[1]))
			return err_set(e, "\\%c is not valid in a regular expression of regex(7)",
				       c[1]);
	failed = regcomp(&f->name, f->value, REG_EXTENDED | REG_NOSUB);
	if (!failed)
		return 0;
	regerror(failed, &f->name, why, sizeof(why));
	return err_set(e, "%s", why);
}

/* Compares by the id of the image that has the name now; a removed image by its recorded name. */
static bool image_fits(const struct seen *s, const struct filter *f)
{
	const char *id = record_get(&s->c->config, "image"),
		   *name = record_get(&s->c->config, "image-name");
	char wanted[ID_LEN];
	struct err ignored;

	if (name_resolve(s->store, "img", f->value, wanted, &ignored) == 0)
		return str_equal(id, wanted);
	return str_equal(id, f->value) || str_equal(name, f->value);
}

/* If a label is given twice, the last value counts. */
static bool label_fits(const struct seen *s, const struct filter *f)
{
	own_strv struct strv labels = {0};
	size_t key = strcspn(f->value, "=");

	record_get_list(&s->c->config, "label", &labels);
	for (size_t i = labels.n; i-- > 0;)
		if (strcspn(labels.v[i], "=") == key && strncmp(labels.v[i], f->value, key) == 0)
			return !f->value[key] || strcmp(labels.v[i] + key, f->value + key) == 0;
	return false;
}

static bool id_fits(const struct seen *s, const struct filter *f)
{
	return strcmp(s->c->id, f->value) == 0;
}

static const struct key {
	const char *name;
	bool (*fits)(const struct seen *s, const struct filter *f);
	int (*read)(struct filter *f, struct err *e);
} keys[] = {
	{"status", status_fits, read_status},
	{"name", name_fits, read_name},
	{"image", image_fits, NULL},
	{"label", label_fits, NULL},
	{"id", id_fits, NULL},
};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

int filter_read(void *to, const char *text, struct err *e)
{
	struct filters *all = to;
	size_t len = strcspn(text, "=");
	struct filter f = {0};

	for (size_t i = 0; text[len] && i < KEYS; i++)
		if (strlen(keys[i].name) == len && strncmp(keys[i].name, text, len) == 0)
			f = (struct filter){.key = &keys[i], .value = text + len + 1};
	if (!f.key)
		return err_set(e, "%s: not KEY=VALUE (the keys are status, name, image, label, id)",
			       text);
	if (f.key->read && f.key->read(&f, e) < 0)
		return err_wrap(e, "%s", text);
	all->v = mem_grow_one(all->v, all->n, sizeof(*all->v));
	all->v[all->n++] = f;
	return 0;
}

void filters_free(struct filters *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].key->fits == name_fits)
			regfree(&f->v[i].name);
	free(f->v);
	*f = (struct filters){0};
}

bool filters_fit(const struct filters *f, const struct seen *s)
{
	for (size_t k = 0; k < KEYS; k++) {
		bool given = false, fits = false;

		for (size_t i = 0; i < f->n; i++)
			if (f->v[i].key == &keys[k]) {
				given = true;
				fits = fits || keys[k].fits(s, &f->v[i]);
			}
		if (given && !fits)
			return false;
	}
	return true;
}

bool filters_ask_for_status(const struct filters *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].key->fits == status_fits)
			return true;
	return false;
}
