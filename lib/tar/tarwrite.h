/* Writes file trees as archives. untar_unpack makes the same files again. */
#ifndef CT_TARWRITE_H
#define CT_TARWRITE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "tar/treecopy.h"

struct err;

struct packing {
	const char *path; /* names the source file in messages */
	/* its name in the archive; NULL: only the directory's content is archived */
	const char *name;
	const char *target; /* names the target in messages */
	bool devices;       /* archive device nodes; otherwise leave them out */
	/* directories that receive the archive's files: meeting one of them is an error */
	struct statx avoid[2];
	int avoid_n;
	const uint64_t *mounts; /* ids of mounts below the top that are archived too; may be NULL */
	size_t mounts_n;
	treecopy_progress *progress; /* may be NULL */
	/* Called for each device node that is left out. May be NULL. */
	void (*omit)(const char *path, const char *why, void *arg);
	void *omit_arg;
};

/*
 * Writes the file `from` (a descriptor, O_PATH suffices; a directory with its content) to
 * descriptor `to` as a tar in pax format. It keeps numeric owners (no user database is read),
 * modes, times, hard links, symbolic links, device nodes, FIFOs, holes, ACLs (as attributes),
 * and the attributes that untar_unpack accepts. Sockets are left out. A directory that is
 * the mount point of any other mount is an error: the archive would silently lack files.
 *
 * The tree may be in use, even by hostile processes: no symbolic link is followed, no device or
 * FIFO is opened. Files that disappear meanwhile are not in the archive; a file that shrinks
 * while it is read is an error. After an error the archive has no end mark.
 */
int tarwrite_tree(int from, const struct packing *p, int to, struct err *e);

/*
 * An archive of single files in the caller's order, in the same format. Of the packing only target
 * and progress count; device nodes are archived. Holes are written as zeros, unless a file has 1
 * GiB of them: docker and podman can load a layer with holes, but not save or push it again.
 */
struct tarwriter;
struct tarwriter *tarwriter_begin(const struct packing *p, int to, struct err *e);
/*
 * Adds a file (a descriptor, O_PATH suffices; a directory without its content) under a name; "." is
 * the root. link: the name of an earlier entry to which the entry is a hard link, or NULL.
 */
int tarwriter_add(struct tarwriter *t, int file, const char *name, const char *link, struct err *e);
/* Adds an empty file that is the same in every archive: the mark of a deletion. */
int tarwriter_mark(struct tarwriter *t, const char *name, struct err *e);
/* Frees the archive; with `whole` its end mark is written first. */
int tarwriter_end(struct tarwriter *t, bool whole, struct err *e);

#endif
