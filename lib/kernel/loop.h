/*
 * Loop devices: a regular file as a block device, see loop(4). Two devices on one file corrupt
 * a btrfs in it. Therefore an existing device is looked up first, by the file's inode: names,
 * mount namespaces and renames do not hide it.
 *
 * The caller holds a lock on the file from loop_find until the file system is mounted.
 */
#ifndef CT_LOOP_H
#define CT_LOOP_H

struct err;

enum { LOOP_PATH = 32 };

/*
 * Finds the device that backs the file open at `file`. Returns a descriptor, which keeps the
 * device alive, and its path. -1 with e->sys ENODEV if there is none.
 */
int loop_find(int file, char path[LOOP_PATH], struct err *e);

/*
 * Finds the device, or sets one up. The kernel frees the device when its last user (this
 * descriptor, a mount) is gone. losetup(8) shows name.
 */
int loop_attach(int file, const char *name, char path[LOOP_PATH], struct err *e);

/* Adapts the device to a file that has grown. */
int loop_resize(int device, struct err *e);

#endif
