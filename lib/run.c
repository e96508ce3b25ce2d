#include "run.h"

void run_add_handed(struct run *r, const struct handed *h)
{
	r->handed = mem_grow(r->handed, r->handed_n + 1, sizeof(*r->handed));
	r->handed[r->handed_n++] = *h;
}
