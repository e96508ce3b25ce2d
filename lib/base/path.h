/*
 * Paths beneath an untrusted root directory. openat2(2) resolves them as if the directory were
 * "/", so a symbolic link cannot lead out of it. Magic links of /proc are never followed,
 * because they can lead into another root (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS).
 */
#ifndef CT_PATH_H
#define CT_PATH_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

/* Opens path beneath root; -1 with errno. O_CLOEXEC is added to flags. */
int path_open(int root, const char *path, int flags, mode_t mode);

/* Whether path beneath root is a directory. root -1: there is no root, and no directory. */
bool path_is_dir(int root, const char *path);

/*
 * Opens path beneath root like path_open, but fails with EXDEV if the path or a symbolic link
 * leads out of root. An absolute link counts as leading out.
 */
int path_open_beneath(int root, const char *path, int flags);

/*
 * Resolves path beneath root to an absolute path without symbolic links, "." or "..". Use it
 * only where an interface takes a path and no descriptor: the result is valid only while nobody
 * changes the tree. Trailing components may be missing in the tree. The caller frees it.
 */
char *path_resolved(int root, const char *path);

/*
 * Makes the directory path and its parents beneath root and returns an O_PATH descriptor of it.
 * Symbolic links are followed inside root only.
 */
int path_mkdirs(int root, const char *path, mode_t mode, struct err *e);

/*
 * Makes an empty regular file, and its parent directories, as a mount point. An existing file
 * of any kind is accepted. Returns a descriptor (O_PATH if the file existed).
 */
int path_mkfile(int root, const char *path, mode_t mode, struct err *e);

#endif
