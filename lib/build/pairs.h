/*
 * Names with values, in the order in which the names came, found by a hash of the name:
 * a Dockerfile may set tens of thousands.
 */
#ifndef CT_PAIRS_H
#define CT_PAIRS_H

#include "base/str.h"

struct pairs {
	struct strv names, values;
	size_t *slots, room; /* 1 + the index of a name; 0 is free */
};

/* Sets a value, in its place if the name is there. */
void pairs_put(struct pairs *p, const char *name, const char *value);
/* The value, or NULL. */
const char *pairs_get(const struct pairs *p, const char *name);
/* From "NAME=VALUE" (or "NAME" alone: an empty value). */
void pairs_put_text(struct pairs *p, const char *text);
/* Each as "NAME=VALUE", added to out. */
void pairs_list(const struct pairs *p, struct strv *out);
void pairs_free(struct pairs *p);
#define own_pairs __attribute__((cleanup(pairs_free)))

#endif
