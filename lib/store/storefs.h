/*
 * What the store lies on: CT_ROOT as a btrfs subvolume of its own. On btrfs it
 * is made there. Anywhere else CT_ROOT.btrfs, a sparse file, is made, formatted
 * and loop-mounted on CT_ROOT. All steps are under a lock on that file; each can be
 * the last one before a crash, and the next call goes on from there.
 *
 * root: an absolute path without a "/" at its end.
 */
#ifndef CT_STOREFS_H
#define CT_STOREFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Makes CT_ROOT and gives a descriptor of it. note (of size n) is filled if a
 * file was made, *mounted says whether this call mounted it. Refused: a directory
 * that is not empty.
 */
int storefs_up(const char *root, char *note, size_t n, bool *mounted, struct err *e);

/* Unmounts it. Success if there is nothing to unmount. */
int storefs_down(const char *root, struct err *e);

/* The file, and the file system in it, become this many bytes. Never fewer. */
int storefs_grow(const char *root, uint64_t bytes, struct err *e);

/* The file's path, whether mounted or not; NULL if there is none. The caller frees it. */
char *storefs_file(const char *root);

#endif
