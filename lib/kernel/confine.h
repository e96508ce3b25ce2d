/* Confines a child process before it reads untrusted input and makes files from it. */
#ifndef CT_CONFINE_H
#define CT_CONFINE_H

#include <stddef.h>

struct err;

/*
 * Confines the calling process, which was just forked from a single-threaded process:
 *
 * - its root and working directory is `root`, with the mounts below it, through private copies of
 *   those mounts on which no device opens and nothing is executed or loaded;
 * - it has no network and no descriptors except keep[0..n-1];
 * - it keeps only the capabilities to make files of any owner, mode and kind;
 * - it dies with its parent.
 *
 * Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT.
 */
int confine_to(int root, const int *keep, size_t n, struct err *e);

#endif
