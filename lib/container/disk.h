/* --disk: a limit for what a container adds to its image. It is a quota of the container's
 * snapshot. */
#ifndef CT_DISK_H
#define CT_DISK_H

#include <stdint.h>

struct err;

/* Reads SIZE; "-1" is no limit, which is 0. */
int disk_read(const char *text, uint64_t *bytes, struct err *e);

/* Limits the snapshot `rootfs` in the directory home (0: no limit). */
int disk_limit(int home, uint64_t bytes, struct err *e);

#endif
