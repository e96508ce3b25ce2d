/*
 * The file system of the store: CT_ROOT as a btrfs subvolume. On btrfs the subvolume is made
 * directly. On any other file system CT_ROOT.btrfs, a sparse file, is made, formatted and
 * loop-mounted on CT_ROOT. All steps hold a lock on the file. Each step may be the last before
 * a crash; the next call continues there.
 *
 * root: an absolute path without a trailing "/".
 */
#ifndef CT_STOREFS_H
#define CT_STOREFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Makes or mounts CT_ROOT and returns its descriptor. note (of size n) is filled if a
 * file was made; *mounted says whether this call mounted the file system. A directory
 * that is not empty is refused.
 */
int storefs_up(const char *root, char *note, size_t n, bool *mounted, struct err *e);

/* Unmounts CT_ROOT; success if it is not mounted. Gives a process that uses it 3 s to end. */
int storefs_down(const char *root, struct err *e);

/* Grows the file and its file system to this many bytes; shrinking is refused. */
int storefs_grow(const char *root, uint64_t bytes, struct err *e);

/* The path of the file, mounted or not; NULL if there is none. The caller frees it. */
char *storefs_file(const char *root);

#endif
