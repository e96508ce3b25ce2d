/* Writes the difference of two subvolumes as a layer (OCI image spec, layer.md). */
#ifndef CT_LAYERDIFF_H
#define CT_LAYERDIFF_H

#include "tar/treecopy.h"

struct err;
struct subdiff;

/*
 * Writes to descriptor `to` a tar that turns the tree of the read-only subvolume `old` into that of
 * `new` (subdiff.h): every added or changed file as a whole with its hard links, and a whiteout
 * for every deleted file. old -1: the whole tree of `new`. The same two trees always give the same
 * bytes. target: names the output in messages; progress may be NULL.
 *
 * Sockets are left out. A file whose name begins with ".wh." is an error, because a layer cannot
 * hold it. After an error the tar has no end mark.
 */
int layerdiff_write(int old, int new, int to, const char *target, treecopy_progress *progress,
		    struct err *e);

/* The same for differences that were found before. */
int layerdiff_write_changes(const struct subdiff *changes, int new, int to, const char *target,
			    treecopy_progress *progress, struct err *e);

#endif
