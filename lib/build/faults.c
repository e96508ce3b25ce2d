#include "build/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

enum { FAULTS_MAX = 100 }; /* a longer list does not help */

void faults_add(struct faults *f, int line, const char *fmt, ...)
{
	va_list ap;
	char *what;

	if (f->n == FAULTS_MAX)
		return;
	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		abort(); /* out of memory, as in str.c */
	va_end(ap);
	f->v = mem_grow_one(f->v, f->n, sizeof(*f->v));
	f->v[f->n++] = (struct fault){line, what};
}

void faults_sort(struct faults *f)
{
	/* Insertion sort: the faults are few and nearly in order. */
	for (size_t i = 1; i < f->n; i++)
		for (size_t k = i; k > 0 && f->v[k].line < f->v[k - 1].line; k--) {
			struct fault swap = f->v[k];

			f->v[k] = f->v[k - 1];
			f->v[k - 1] = swap;
		}
}

void faults_free(struct faults *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].what);
	free(f->v);
	*f = (struct faults){0};
}
