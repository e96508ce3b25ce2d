/*
 * Paths beneath a root that cannot be trusted: openat2(2) resolves them as if
 * that directory were "/", whatever links stand in the way, and never through
 * a link of /proc into another root (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS).
 */
#ifndef CT_PATH_H
#define CT_PATH_H

#include <sys/types.h>

struct err;

/* A descriptor of path beneath root, or -1 with errno. O_CLOEXEC is added. */
int path_open(int root, const char *path, int flags, mode_t mode);

/* The same, but a path or a link that leads out of root fails (EXDEV): an absolute link does. */
int path_open_beneath(int root, const char *path, int flags);

/*
 * Where path leads beneath root, as an absolute path from there without links, ".." or
 * "." in it, for who can only name it; parts that are not there may be at its end. It is true as
 * long as nobody changes what stands there. The caller frees it.
 */
char *path_resolved(int root, const char *path);

/*
 * Makes the directory path beneath root, with parents, and gives a descriptor
 * (O_PATH) of it; a link in the way is followed inside root only.
 */
int path_mkdirs(int root, const char *path, mode_t mode, struct err *e);

/* The same for an empty regular file to mount something on (an existing file of any kind will do). */
int path_mkfile(int root, const char *path, mode_t mode, struct err *e);

#endif
