/*
 * Faults of a file that is read to its end: each with its line, so that its
 * author sees them all at once.
 */
#ifndef CT_FAULTS_H
#define CT_FAULTS_H

#include <stddef.h>

struct fault {
	int line; /* 0: of the file as a whole */
	char *what;
};

struct faults {
	struct fault *v;
	size_t n;
};

void faults_add(struct faults *f, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* By line; those of one line stay in their order. */
void faults_sort(struct faults *f);
void faults_free(struct faults *f);
#define own_faults __attribute__((cleanup(faults_free)))

#endif
