/*
 * The root of a bundle without a mount namespace: it is mounted on itself in the host's, with the
 * bundle's mounts below it. One lazy umount(2) removes them all.
 */
#ifndef CT_HOSTROOT_H
#define CT_HOSTROOT_H

#include <stdint.h>

struct err;

/* Identifies the topmost mount at a path; 0: none is known. */
uint64_t hostroot_mount(const char *path);

/* Unmounts what was mounted at the path above the mount `below`; success if nothing was. */
int hostroot_unmount(const char *path, uint64_t below, struct err *e);

#endif
