/*
 * Loop devices: a regular file as a block device, see loop(4). Two devices on
 * one file corrupt a btrfs in it, so one that is there already is found first,
 * by the file's inode: names, mount namespaces and renames do not hide it.
 *
 * The caller holds a lock on the file from loop_find to the mount.
 */
#ifndef CT_LOOP_H
#define CT_LOOP_H

struct err;

enum { LOOP_PATH = 32 };

/*
 * The device that backs the file open at `file`: a descriptor that keeps it from
 * going away, and its path. -1 with e->sys ENODEV if there is none.
 */
int loop_find(int file, char path[LOOP_PATH], struct err *e);

/*
 * The same, a device being set up if there is none. It goes away by itself when the
 * last user (this descriptor, a mount) is gone. name is shown by losetup(8).
 */
int loop_attach(int file, const char *name, char path[LOOP_PATH], struct err *e);

/* The file has grown; the device is to grow with it. */
int loop_resize(int device, struct err *e);

#endif
