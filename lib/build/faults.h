/*
 * The faults of a file, each with its line. The file is read to its end, so that its author sees
 * all faults at once.
 */
#ifndef CT_FAULTS_H
#define CT_FAULTS_H

#include <stddef.h>

struct fault {
	int line; /* 0: a fault of the whole file */
	char *what;
};

struct faults {
	struct fault *v;
	size_t n;
};

void faults_add(struct faults *f, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Sorts by line; faults of one line keep their order. */
void faults_sort(struct faults *f);
void faults_free(struct faults *f);
#define own_faults __attribute__((cleanup(faults_free)))

#endif
