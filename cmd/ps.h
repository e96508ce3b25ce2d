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

/* Options of podman with what does their work. */
#define PS_REFUSED                                                                              \
	OPT_INSTEAD(0, "external", "not needed: every container is listed"),                    \
		OPT_INSTEAD(0, "ns", "use lsns(8) with 'ct pid NAME'"),                         \
		OPT_INSTEAD('w', "watch", "use watch(1)"),                                      \
		OPT_INSTEAD('l', "latest", "use 'ct ps | head -n 2': the newest is the first"), \
		OPT_INSTEAD('s', "size", "use 'ct df'"),                                        \
		OPT_INSTEAD('n', "last", "use 'ct ps | head': the newest is the first")

#endif
