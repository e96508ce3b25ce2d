#include "build/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* FNV-1a. Chosen collisions only slow down the build of the Dockerfile that has them. */
static size_t hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)h;
}

/* The slot of the name, or the free slot for it. */
static size_t *find(const struct pairs *p, const char *name)
{
	size_t at = hash(name) & (p->room - 1);

	while (p->slots[at] && strcmp(p->names.v[p->slots[at] - 1], name) != 0)
		at = (at + 1) & (p->room - 1);
	return &p->slots[at];
}

static void make_room(struct pairs *p)
{
	if (p->names.n * 2 < p->room)
		return;
	free(p->slots);
	p->room = p->room ? p->room * 2 : 64;
	p->slots = mem_alloc(p->room * sizeof(*p->slots));
	for (size_t i = 0; i < p->names.n; i++)
		*find(p, p->names.v[i]) = i + 1;
}

void pairs_put(struct pairs *p, const char *name, const char *value)
{
	size_t *slot;

	make_room(p);
	slot = find(p, name);
	if (*slot) {
		free(p->values.v[*slot - 1]);
		p->values.v[*slot - 1] = str_dup(value);
		return;
	}
	strv_add(&p->names, name);
	strv_add(&p->values, value);
	*slot = p->names.n;
}

const char *pairs_get(const struct pairs *p, const char *name)
{
	size_t at = p->room ? *find(p, name) : 0;

	return at ? p->values.v[at - 1] : NULL;
}

void pairs_put_text(struct pairs *p, const char *text)
{
	size_t n = strcspn(text, "=");
	own_str char *name = str_dup_n(text, n);

	pairs_put(p, name, text[n] ? text + n + 1 : "");
}

void pairs_list(const struct pairs *p, struct strv *out)
{
	for (size_t i = 0; i < p->names.n; i++)
		strv_take(out, str_fmt("%s=%s", p->names.v[i], p->values.v[i]));
}

void pairs_free(struct pairs *p)
{
	strv_free(&p->names);
	strv_free(&p->values);
	free(p->slots);
	*p = (struct pairs){0};
}
