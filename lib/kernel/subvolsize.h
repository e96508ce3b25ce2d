/*
 * The size of a subvolume's files, read from the inodes in the file system's tree: 30 times as fast
 * as opening each file. Needs CAP_SYS_ADMIN.
 */
#ifndef CT_SUBVOLSIZE_H
#define CT_SUBVOLSIZE_H

#include <stdint.h>

struct err;

/*
 * Sums st_size of all regular files of the subvolume, each inode once, without subvolumes inside
 * it. Writes the subvolume to disk first, because the tree lacks what is not written.
 */
int subvolsize(int subvol, uint64_t *bytes, struct err *e);

#endif
