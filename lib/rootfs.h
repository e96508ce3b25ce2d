/*
 * The root directory of a container as its first process builds it, from
 * inside its own user and mount namespaces. Every mount is put on a descriptor
 * that was opened beneath the new root, so that no link in an image matters.
 */
#ifndef CT_ROOTFS_H
#define CT_ROOTFS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* Lists of names, each with NULL at its end: */
extern const char *const rootfs_devices[];	/* nodes in /dev */
extern const char *const rootfs_masked[];	/* what tells of the host's hardware, memory or keys: empty to the container */
extern const char *const rootfs_frozen[];	/* what changes the host when it is written: read-only */

/* Nothing that is mounted from here on is seen outside. */
int rootfs_private(struct err *e);
/*
 * The number of our mount namespace, as text, for who comes after us in it to know
 * that it was made for such as him: rootfs_check_own refuses to go on where it is
 * not the one that `made` says (NULL: none). Whether a namespace is the host's cannot
 * be seen from inside: even root may be denied a look at process 1.
 */
int rootfs_own(char text[24], struct err *e);
int rootfs_check_own(const char *made, struct err *e);

/*
 * Makes the detached mount the root of this mount namespace (pivot_root(2)).
 * The host's tree stays reachable by the descriptor *host, and by ".." of the
 * new "/", until rootfs_drop_host: no path that the image has a say in may be
 * resolved before that. Gives a descriptor of the new root.
 */
int rootfs_enter(int mount, int *host, struct err *e);
int rootfs_drop_host(int host, struct err *e);
/* Where the root stays as it is, that is both the root and the host's. */
int rootfs_stay(int *root, int *host, struct err *e);
/* Puts the host's /proc, /sys and /dev into the new root, where that has such directories. */
int rootfs_take_along(int root, int host, struct err *e);

/*
 * Mounts the kernel's file systems. Each gives 0; rootfs_mount_dev gives a descriptor of the new /dev.
 * host is the host's root, which lends it its device nodes and, in the host's
 * network namespace, its /sys.
 */
int rootfs_mount_proc(int root, struct err *e);
int rootfs_mount_sys(int root, int host, bool new_network, bool writable, struct err *e);
int rootfs_mount_dev(int root, int host, bool all_devices, uint64_t shm_size, struct err *e);
/* The slave of the container's terminal as /dev/console. */
int rootfs_mount_console(int dev, int slave, struct err *e);

/* Whether the host (AT_FDCWD: we see its tree) has cgroup v2 alone; its containers have their own group mounted then. */
bool rootfs_has_cgroup2(int host);

/* Hides the parts of /proc and /sys that tell or change things of the host. */
int rootfs_mask(int root, int host, struct err *e);

/* A detached mount put at an absolute path, which is made if missing: as a directory or a file. */
int rootfs_mount_at(int root, int mount, const char *path, struct err *e);
/* A device node, `node` in a detached file system of its own (volume_mount_device). */
int rootfs_mount_device(int root, int dev, int mount, const char *path, struct err *e);
int rootfs_mount_tmpfs(int root, const char *path, const char *options, struct err *e);

int rootfs_read_only(int root, struct err *e);

#endif
