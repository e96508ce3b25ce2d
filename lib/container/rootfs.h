/*
 * The container's first process makes the container's root directory "/", inside its own user and
 * mount namespaces. treemount.h mounts the rest of the file tree.
 */
#ifndef CT_ROOTFS_H
#define CT_ROOTFS_H

struct err;

/* Makes mounts private: nothing that is mounted from now on is seen outside the mount namespace. */
int rootfs_private(struct err *e);

/*
 * Makes the detached mount the root of this mount namespace (pivot_root(2)) and returns a
 * descriptor of the new root. Until rootfs_drop_host, the host's tree stays reachable through the
 * descriptor *host and through ".." of the new "/": before that, resolve no path that the image can
 * influence.
 */
int rootfs_enter(int mount, int *host, struct err *e);
int rootfs_drop_host(int host, struct err *e);

#endif
