/*
 * The mount points of a container's file tree: found or made beneath its root directory, so that no
 * link in an image leads a mount elsewhere.
 */
#ifndef CT_TREEPOINT_H
#define CT_TREEPOINT_H

struct err;

/*
 * The directory for a file system of the kernel's, absolute. A link at the top of the root is
 * refused: what is mounted must be at that very path. Gives its descriptor, or -1.
 */
int treepoint_kernel(int root, const char *path, struct err *e);

/*
 * Attaches a detached mount at an absolute path, which is made if it is missing: a directory or a
 * file, as the mount is.
 */
int treepoint_attach(int root, int mount, const char *path, struct err *e);

/*
 * Unmounts what an earlier stage, or a root with its own mounts, has on a directory at the top of
 * the root (on others nothing is unmounted). A mount that came from a more privileged namespace is
 * locked (mount_namespaces(7)): it stays, and the next mount covers it.
 */
void treepoint_uncover(const char *path);

#endif
