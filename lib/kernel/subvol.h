/* btrfs subvolumes by descriptor (libbtrfsutil, which sets errno). */
#ifndef CT_SUBVOL_H
#define CT_SUBVOL_H

#include <stdbool.h>

struct err;

int subvol_create(int dir, const char *name, struct err *e);
/*
 * Makes a snapshot of the subvolume whose root is src. It costs one commit of the file
 * system, whatever the size.
 */
int subvol_snapshot(int src, int dir, const char *name, bool read_only, struct err *e);
/*
 * Makes a writable snapshot in two halves, so that the caller can do other work while the file
 * system commits. begin starts a child process that shares the memory and the descriptors; end
 * waits for it. A process can have only one such snapshot at a time; src and dir stay open until
 * the end. begin returns -1 with errno if the child cannot be made.
 */
int subvol_snapshot_begin(int src, int dir, const char *name);
int subvol_snapshot_end(const char *name, struct err *e);
int subvol_set_read_only(int subvol, bool read_only, struct err *e);
bool subvol_is(int fd);
/* False if it cannot be found out. */
bool subvol_is_read_only(int subvol);
/*
 * Deletes a subvolume with all subvolumes inside it, read-only ones too. btrfs frees the
 * blocks in the background.
 */
int subvol_delete(int dir, const char *name, struct err *e);
/*
 * Refuses a subvolume with another one inside, which a snapshot would replace by an empty directory.
 */
int subvol_check_plain(int subvol, struct err *e);
/* Whether fd is on btrfs. */
bool subvol_supported(int fd);

/*
 * Deletes any file, symbolic link, directory tree or subvolume. A missing name is success. A
 * mount point in the tree is an error (EBUSY). Plain directories may be nested 1,000 levels
 * deep; inside a subvolume there is no limit.
 */
int subvol_erase(int dir, const char *name, struct err *e);

#endif
