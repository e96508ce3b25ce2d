/* A growing array of elements of one kind: the lists of a config.json. */
#ifndef CT_OCILIST_H
#define CT_OCILIST_H

#include <stddef.h>

struct ocilist {
	void *v;
	size_t n;
};

/* The element added to a list of elements of this size: zeroed. */
void *ocilist_add(struct ocilist *l, size_t size);

#endif
