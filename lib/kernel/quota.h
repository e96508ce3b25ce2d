/*
 * Quotas of btrfs. A file system that has them counts the bytes of each subvolume, and each
 * subvolume can have a limit.
 *
 * Simple quotas (Linux 6.7) charge each block to the subvolume that wrote it, and hardly cost
 * anything; a kernel before 6.7 cannot mount the file system from then on. Full quotas (qgroups)
 * count the blocks that no other subvolume has, and search their owners at each commit. All
 * functions need CAP_SYS_ADMIN. See btrfs-quota(8).
 */
#ifndef CT_QUOTA_H
#define CT_QUOTA_H

#include <stdint.h>

struct err;

enum quota_mode {
	QUOTA_NONE,
	QUOTA_SIMPLE,
	QUOTA_FULL,
	QUOTA_WRONG, /* full, but the counts are not complete, so that limits do not hold */
};
extern const char *const quota_modes[]; /* "none", "simple", "full", "wrong" */

/* fd: any file of the file system. */
int quota_mode(int fd, enum quota_mode *mode, struct err *e);

/*
 * Turns quotas on: simple ones, or full ones where the kernel has no others. Quotas that the file
 * system has already stay as they are; wrong counts are counted again, which is waited for.
 */
int quota_on(int fd, struct err *e);
/* Turns them off, which forgets all limits. */
int quota_off(int fd, struct err *e);

/*
 * Limits the bytes that the subvolume alone holds; 0 removes the limit. Without quotas or with
 * wrong counts a limit is refused, and removing one is success.
 */
int quota_limit(int subvol, uint64_t bytes, struct err *e);

/*
 * Call it before a subvolume is deleted. Kernels before 6.10 keep the count of a deleted subvolume
 * for ever; newer ones refuse to drop it before, and drop it by themselves unless another subvolume
 * has blocks that are charged to it. In that case its limit must go: after a new mount the kernel
 * gives the ids of deleted subvolumes to new ones. Does nothing without quotas.
 */
void quota_forget(int subvol);

/* Drops the counts of deleted subvolumes to which no block is charged any more (simple quotas). */
void quota_sweep(int fd);

#endif
