/*
 * The root directory of a container: how its first process makes it "/", from
 * inside its own user and mount namespaces. What is mounted in it is treemount.h's.
 */
#ifndef CT_ROOTFS_H
#define CT_ROOTFS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

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
 * Removes what an earlier stage, or a root with mounts of its own, has mounted on a directory at
 * the top. A mount that came into the namespace from a more privileged one is locked there
 * (mount_namespaces(7)): it stays, and is covered.
 */
void rootfs_uncover(const char *name);

/* Whether the host has cgroup v2 alone; its containers have their own group mounted then. */
bool rootfs_has_cgroup2(void);

#endif
