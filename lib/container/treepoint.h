/*
 * Finds or makes the mount points of a container's file tree beneath its root directory, so that no
 * link of an image leads a mount elsewhere.
 */
#ifndef CT_TREEPOINT_H
#define CT_TREEPOINT_H

struct err;

/*
 * Opens the mount point of a kernel file system, an absolute path. A symbolic link at the top of
 * the root is refused, because programs expect these file systems at exactly these paths. Returns a
 * descriptor, or -1.
 */
int treepoint_kernel(int root, const char *path, struct err *e);

/*
 * Attaches a detached mount at an absolute path. A missing mount point is made: a directory or a
 * file, as the mount is.
 */
int treepoint_attach(int root, int mount, const char *path, struct err *e);

/*
 * Unmounts the mounts of an earlier stage, or of a root with own mounts, from a directory at the
 * top of the root (other directories are not changed). A mount that came from a more privileged
 * namespace is locked (mount_namespaces(7)): it stays, and the next mount covers it.
 */
void treepoint_uncover(const char *path);

#endif
