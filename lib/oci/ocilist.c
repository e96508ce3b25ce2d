#include "oci/ocilist.h"

#include <string.h>

#include "base/str.h"

void *ocilist_add(struct ocilist *l, size_t size)
{
	l->v = mem_grow_one(l->v, l->n, size);
	return memset((char *)l->v + l->n++ * size, 0, size);
}
