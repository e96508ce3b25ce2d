/*
 * A file or a directory's files put into a tree that holds files already, as COPY does it
 * (Dockerfile reference), or told by a digest of all that COPY would put there.
 *
 * The source may be in use, by somebody hostile too: no link is followed, no FIFO or device opened.
 * The tree that is written to is the caller's alone; links in it are followed on the way to the
 * destination, never out of it, and not beneath the destination.
 */
#ifndef CT_GRAFT_H
#define CT_GRAFT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

struct err;
struct ignore;

struct graft {
	const struct ignore *ignore;  /* by the path beneath the context; may be NULL */
	const struct ignore *exclude; /* by the path beneath the source; may be NULL */
	bool owned; /* all belong to uid:gid; or else to whom they belong in the source */
	uid_t uid;
	gid_t gid;
	int mode; /* of files and directories; -1: as they are */
};

/*
 * from: a descriptor (O_PATH will do) of the source, path: its path in the context. Into dest
 * (absolute, in the tree whose top is `root`): what is in a directory, or a file by its name if
 * dest is a directory or ends with "/". Directories that are missing are made, with mode 0755 and
 * uid:gid (root's, if not owned).
 */
int graft_copy(const struct graft *g, int from, const char *path, int root, const char *dest,
	       struct err *e);

/* One line for each file that graft_copy would make, in no order, added to lines. */
int graft_describe(const struct graft *g, int from, const char *path, struct strv *lines,
		   struct err *e);

/* The directory dest, with those above it that are missing, made as graft_copy makes them. Gives a
 * descriptor. */
int graft_mkdirs(const struct graft *g, int root, const char *dest, struct err *e);

#endif
