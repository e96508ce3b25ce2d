/*
 * Unpacks layers and other archives into a directory.
 *
 * An archive is a tar (POSIX ustar and pax, GNU), uncompressed or compressed with gzip, zstd,
 * xz or bzip2; the content tells which. Of each entry the numeric owner (no user database is
 * read), mode, times, hard links, device nodes, FIFOs, holes, ACLs and the extended attributes
 * user.* and security.capability are kept. Other attributes (trusted.*, labels of security
 * modules) are meaningful only on the host where the archive was made.
 */
#ifndef CT_UNTAR_H
#define CT_UNTAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tar/treecopy.h"

struct err;

/*
 * Unpacks a root file system from descriptor `from`, read to its end, into the directory dest.
 * what: names the archive in messages ("standard input").
 *
 * The archive is not trusted. A child process reads it, with dest as its root directory,
 * without access to devices and network, and with only the capabilities that making files
 * requires. Absolute names are taken beneath dest; ".." is refused. Symbolic links in names
 * are followed with dest as the root, for example lib/x where lib is a link to usr/lib. An
 * archive without an end mark is an error, whatever its compression; so is one that needs
 * more than 1 GiB of memory.
 *
 * After a failure the caller deletes what was unpacked. If e->sys is EINTR, the child was
 * killed, and the archive may be valid. Returns 1 if the archive has a file twice, and names it
 * in e; the later entry is there, as with tar.
 */
int untar_unpack(int from, const char *what, int dest, treecopy_progress *progress, struct err *e);

/* Changes to the unpacked files. */
struct untar_rules {
	bool owned; /* all files belong to uid:gid and have no ACLs */
	uid_t uid;
	gid_t gid;
	bool follow;   /* the directory is not in use: links in names are followed, as by
			  untar_unpack, and an entry replaces a file of any kind */
	bool disarmed; /* no file has set-user-ID or set-group-ID bits or capabilities */
};

/*
 * Unpacks into a directory that holds files and may be in use, even by hostile processes. An
 * existing directory stays unchanged and receives the archive's entries. Any other existing
 * file is replaced atomically; so is a symbolic link, which is not followed: names that lead
 * through a link are refused. A directory does not replace a file, nor a file a directory.
 * `follow` lifts these limits.
 *
 * After a failure or a signal no incomplete file is left. After a failure, new files are
 * removed again and replaced files stay replaced; after a signal both stay.
 */
int untar_merge(int from, const char *what, int dest, const struct untar_rules *rules,
		treecopy_progress *progress, struct err *e);

/* Callbacks for reading a layer. The child calls all but `idle`; see and more in a thread of its
 * own. */
struct untar_watch {
	void (*see)(void *arg, const void *data, size_t n); /* receives the decompressed bytes */
	int (*end)(void *arg, struct err *e);               /* may refuse the layer */
	/* The layer's file grows while it is read (tarread.h); NULL: it is complete. */
	int (*more)(void *arg, uint64_t have, struct err *e);
	/* Called in the parent while the child is silent; may let `more` end. NULL: nothing to do. */
	void (*idle)(void *arg);
	void *arg;
};

/*
 * Unpacks a layer of an image onto dest, which holds the layers below it (whiteout.h).
 * Symbolic links in names are followed with dest as the root. watch->end verifies a digest
 * of everything read; therefore the end mark may be missing, and a layer may be empty.
 * bounds.h limits the layer's costs.
 */
int untar_apply(int from, const char *what, int dest, const struct untar_watch *watch,
		treecopy_progress *progress, struct err *e);

#endif
