/*
 * Copies a file, or the content of a directory, into an existing tree as COPY does (Dockerfile
 * reference), or describes the files that COPY would make.
 *
 * The source may change meanwhile and may be hostile: no link is followed, no FIFO or device is
 * opened. Only the caller uses the target tree. Links in it are followed on the way to the
 * destination, but never out of the tree, and not beneath the destination.
 */
#ifndef CT_GRAFT_H
#define CT_GRAFT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

struct err;
struct ignore;

struct graft {
	const struct ignore *ignore;  /* matched with the path beneath the context; may be NULL */
	const struct ignore *exclude; /* matched with the path beneath the source; may be NULL */
	bool owned; /* true: all files belong to uid:gid; false: they keep their owners */
	uid_t uid;
	gid_t gid;
	int mode; /* mode of files and directories; -1: unchanged */
};

/*
 * from: a descriptor of the source (O_PATH suffices), path: its path in the context, dest: an
 * absolute path in the tree at `root`. The content of a directory goes into dest. A file goes into
 * dest under its own name if dest is a directory or ends with "/", otherwise it becomes dest.
 * Missing directories are made with mode 0755 and uid:gid (root's if not owned).
 */
int graft_copy(const struct graft *g, int from, const char *path, int root, const char *dest,
	       struct err *e);

/* Adds a line to lines for each file that graft_copy would make, in any order. */
int graft_describe(const struct graft *g, int from, const char *path, struct strv *lines,
		   struct err *e);

/* Whether graft_copy would make a file from the content of a directory: 1 or 0. */
int graft_takes_any(const struct graft *g, int from, const char *path, struct err *e);

/* Makes the directory dest and its missing parents as graft_copy does. Returns a descriptor. */
int graft_mkdirs(const struct graft *g, int root, const char *dest, struct err *e);

#endif
