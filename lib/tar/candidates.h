/* The paths at which two subvolumes can differ, as the kernel's send stream names them. */
#ifndef CT_CANDIDATES_H
#define CT_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct candidate {
	char *path;        /* "." for the root */
	uint64_t from, to; /* the part of the content that may differ; from >= to: none */
};

struct candidates {
	struct candidate *v;
	size_t n;
	size_t sorted; /* the first ones are sorted; the others were added after that */
};

/*
 * Adds the paths of a stream between two read-only subvolumes. Every path that differs is named, or
 * lies beneath a directory that was moved and that is named: the last move of any directory above a
 * path names the directory where it stays. Some named paths are in neither tree.
 */
int candidates_read(struct candidates *s, int old, int new, struct err *e);
void candidates_add(struct candidates *s, const char *path, uint64_t from, uint64_t to);
/* Sorts by path and joins equal paths. A directory stands before its entries, which follow it. */
void candidates_sort(struct candidates *s);
/* Whether the path and the range are among the sorted ones. */
bool candidates_cover(const struct candidates *s, const char *path, const struct candidate *range);
void candidates_free(struct candidates *s);

#endif
