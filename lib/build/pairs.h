/*
 * A hash table of names with values that keeps the order of insertion. A Dockerfile may set tens of
 * thousands of names.
 */
#ifndef CT_PAIRS_H
#define CT_PAIRS_H

#include "base/str.h"

struct pairs {
	struct strv names, values;
	size_t *slots, room; /* 1 + the index of a name; 0 is free */
};

/* Sets a value; an existing name keeps its place. */
void pairs_put(struct pairs *p, const char *name, const char *value);
/* The value, or NULL. */
const char *pairs_get(const struct pairs *p, const char *name);
/* Sets a value from "NAME=VALUE", or an empty one from "NAME". */
void pairs_put_text(struct pairs *p, const char *text);
/* Adds each pair to out as "NAME=VALUE". */
void pairs_list(const struct pairs *p, struct strv *out);
void pairs_free(struct pairs *p);
#define own_pairs __attribute__((cleanup(pairs_free)))

#endif
