/*
 * Trees of files written as an archive: the counterpart of untar_unpack, which
 * makes the same files of it again.
 */
#ifndef CT_TARWRITE_H
#define CT_TARWRITE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "tar/treecopy.h"

struct err;

struct packing {
	const char *path; /* the file, as messages call it */
	const char *name; /* what it is called in the archive; NULL: the archive has what is in it */
	const char *target;    /* what is written to, as messages call it */
	bool devices;          /* or else they are left out */
	struct statx avoid[2]; /* directories that are an error to meet, since the archive's files
				  go there */
	int avoid_n;
	const uint64_t *mounts; /* ids of mounts below it that are packed, too; may be NULL */
	size_t mounts_n;
	treecopy_progress *progress; /* may be NULL */
	/* Told of a device that is left out. May be NULL. */
	void (*omit)(const char *path, const char *why, void *arg);
	void *omit_arg;
};

/*
 * Writes the file `from` (a descriptor, O_PATH will do; a directory with all
 * that is in it) to descriptor `to` as a tar in the pax format. Kept are
 * numeric owners (no user database is asked), modes, times, hard links,
 * symbolic links, devices, FIFOs, holes, ACLs (as attributes), and the
 * attributes that untar_unpack takes. Sockets are left out. A directory that
 * something else is mounted on is an error: the archive would lack files in silence.
 *
 * The tree may be in use, by somebody hostile too: no link is followed, no
 * device or FIFO opened. What vanishes meanwhile is not in the archive; a file
 * that becomes shorter while it is read is an error. After an error the
 * archive has no end mark.
 */
int tarwrite_tree(int from, const struct packing *p, int to, struct err *e);

#endif
