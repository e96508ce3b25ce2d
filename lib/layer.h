/*
 * Layers: archives of files unpacked into a directory.
 *
 * A tar (POSIX ustar and pax, GNU), plain or compressed by gzip, zstd, xz or
 * bzip2, told by content. Kept of each entry: numeric owner (no user database
 * is asked), mode, times, hard links, devices, FIFOs, holes, ACLs, extended
 * attributes user.* and security.capability. Other attributes (trusted.*, the
 * labels of a security module) are the affair of the host it came from.
 */
#ifndef CT_LAYER_H
#define CT_LAYER_H

#include "tree.h"

struct err;

/*
 * Unpacks a root filesystem from descriptor `from`, read to its end, into the
 * directory dest. what: how messages call the archive ("standard input").
 *
 * The archive is trusted in nothing: it is read by a child process that stands
 * in dest as its root directory, cannot open devices, has no network, and no
 * more capabilities than making files takes. Absolute names mean beneath dest;
 * ".." and names that lead through a symbolic link are refused. An archive that
 * ends without its end mark is an error, whatever was compressed around it; so
 * is an image archive (OCI layout, docker save).
 *
 * What was unpacked before a failure is the caller's to delete.
 */
int layer_unpack(int from, const char *what, int dest, tree_progress *progress, struct err *e);

#endif
