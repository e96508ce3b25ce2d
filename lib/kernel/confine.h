/*
 * Confinement of a child process that reads what cannot be trusted and makes
 * files from it, before it reads the first byte.
 */
#ifndef CT_CONFINE_H
#define CT_CONFINE_H

#include <stddef.h>

struct err;

/*
 * The calling process, just forked from a single-threaded one, from now on has
 * the directory `root` (with what is mounted below it) as its root and working
 * directory, through mounts of its own on which no device opens and nothing is
 * executed or loaded; no network; no descriptor except keep[0..n-1]; of root's
 * capabilities those that making files of any owner, mode and kind takes. It
 * dies with its parent. Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT.
 */
int confine_to(int root, const int *keep, size_t n, struct err *e);

#endif
