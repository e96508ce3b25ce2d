/* Subvolumes of btrfs, by descriptor (libbtrfsutil; its details are in errno). */
#ifndef CT_SUBVOL_H
#define CT_SUBVOL_H

#include <stdbool.h>

struct err;

int subvol_create(int dir, const char *name, struct err *e);
/* A snapshot of the subvolume that src is the root of. Whatever its size, one commit of the file
 * system. */
int subvol_snapshot(int src, int dir, const char *name, bool read_only, struct err *e);
int subvol_set_read_only(int subvol, bool read_only, struct err *e);
bool subvol_is(int fd);
/* With every subvolume inside it, also read-only ones. Its blocks are freed in the background. */
int subvol_delete(int dir, const char *name, struct err *e);
/* Whether fd is on btrfs. */
bool subvol_supported(int fd);

/*
 * Deletes whatever name is: a file, a link itself, a directory with all in it,
 * subvolumes too. Absent is success. Something mounted in it is an error (EBUSY).
 * Plain directories may be nested 1,000 deep; inside a subvolume there is no limit.
 */
int subvol_erase(int dir, const char *name, struct err *e);

#endif
