/*
 * Layers: archives of files unpacked into a directory.
 *
 * A tar (POSIX ustar and pax, GNU), plain or compressed by gzip, zstd, xz or
 * bzip2, told by content. Kept of each entry: numeric owner (no user database
 * is asked), mode, times, hard links, devices, FIFOs, holes, ACLs, extended
 * attributes user.* and security.capability. Other attributes (trusted.*, the
 * labels of a security module) are the affair of the host it came from.
 */
#ifndef CT_UNTAR_H
#define CT_UNTAR_H

#include <stdbool.h>
#include <sys/types.h>

#include "tar/treecopy.h"

struct err;

/*
 * Unpacks a root filesystem from descriptor `from`, read to its end, into the
 * directory dest. what: how messages call the archive ("standard input").
 *
 * The archive is trusted in nothing: it is read by a child process that stands
 * in dest as its root directory, cannot open devices, has no network, and no
 * more capabilities than making files takes. Absolute names mean beneath dest;
 * ".." is refused; names lead through symbolic links to what those mean with dest as the
 * root, as lib/x does where lib is usr/lib. An archive that ends without its end mark is an
 * error, whatever was compressed around it, and so is one that takes a GiB of memory to read.
 *
 * What was unpacked before a failure is the caller's to delete. If the error's sys is EINTR, the
 * child was killed, and the archive may be as it should be. Gives 1, and in e
 * which, if a file of it came twice: the later one is there, as tar has it.
 */
int untar_unpack(int from, const char *what, int dest, treecopy_progress *progress, struct err *e);

/* What becomes of files on their way. */
struct untar_rules {
	bool owned; /* all belong to uid:gid, and have no ACL */
	uid_t uid;
	gid_t gid;
	bool disarmed; /* none has a set-user-ID or set-group-ID bit, or capabilities */
};

/*
 * The same into a directory that holds something and may be in use, and of any
 * files. A directory that is there stays as it is and gets what the archive
 * has beneath it; anything else is replaced, each in one step, a link too, and
 * not followed: names that lead through one are refused. A directory does not replace a file, nor a
 * file a directory. After a failure or a signal nothing incomplete is left; what was not there
 * before is removed again, what was replaced stays replaced (after a signal: both stay).
 */
int untar_merge(int from, const char *what, int dest, const struct untar_rules *rules,
		treecopy_progress *progress, struct err *e);

/* Who looks on as a layer is read, in the child: sees what is within the compression, and may say
 * no at its end. */
struct untar_watch {
	void (*see)(void *arg, const void *data, size_t n);
	int (*end)(void *arg, struct err *e);
	void *arg;
};

/*
 * The same as a layer of an image onto dest, which holds the layers below it (whiteout.h). Names
 * lead through symbolic links, to what those mean with dest as the root. watch->end compares a
 * digest of all that was seen: hence no end mark is asked for, and a layer may be empty. What it
 * costs is bounded (bounds.h).
 */
int untar_apply(int from, const char *what, int dest, const struct untar_watch *watch,
		treecopy_progress *progress, struct err *e);

#endif
