/* The filters of ct-ps. */
#ifndef CT_PS_H
#define CT_PS_H

#include <stdbool.h>
#include <stddef.h>

struct container;
struct container_state;
struct err;
struct filter;
struct store;

struct filters {
	struct filter *v;
	size_t n;
};

/* The container that a filter is applied to. */
struct seen {
	const struct store *store;
	const struct container *c;
	const struct container_state *st;
};

/* Adds KEY=VALUE to the filters; to is a struct filters *. */
int filter_read(void *to, const char *text, struct err *e);
void filters_free(struct filters *f);

/* Whether the container matches, for each key that is given, at least one of its filters. */
bool filters_fit(const struct filters *f, const struct seen *s);
bool filters_ask_for_status(const struct filters *f);

#endif
