/*
 * Trees of files, as they are: a directory copied into a subvolume, or measured.
 */
#ifndef CT_TREECOPY_H
#define CT_TREECOPY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct strv;

/* Called now and then, for a progress line: entries and bytes of files so far. */
typedef void treecopy_progress(uint64_t entries, uint64_t bytes);

/*
 * Copies what is in directory `from` (called path in messages) into the empty
 * directory dest, and gives dest from's own owner, mode, times and attributes.
 * Everything is kept: owners, modes, times, hard links, symbolic links,
 * devices, FIFOs, extended attributes (capabilities and ACLs are such), holes.
 * Data is shared with the source where the file system can (FICLONE), else
 * copied.
 *
 * Nested btrfs subvolumes are copied as directories. What is mounted inside
 * from is not copied; its mount point becomes an empty directory (or file) and is
 * added to mounts (which may be NULL).
 * Sockets are left out: they mean nothing without their process. No link is
 * followed, no FIFO or device opened. progress may be NULL.
 *
 * An error names the path. What was copied by then is the caller's to delete.
 */
int treecopy_copy(int from, const char *path, int dest, struct strv *mounts,
		  treecopy_progress *progress, struct err *e);

/*
 * The same into a directory that may hold files and be in use, by somebody hostile too:
 * what is there stays, directories are shared, no link is followed. May be cut short and
 * done again: every file is there whole or not at all.
 */
int treecopy_merge(int from, const char *path, int dest, struct err *e);

/* Bytes of all regular files (st_size) of dir's mount, each inode once. dir is called path in
 * messages. */
int treecopy_size(int dir, const char *path, uint64_t *bytes, struct err *e);

/* Data of a file into an empty one: shared if the file system can, else copied with its holes. -1
 * with errno. */
int treecopy_copy_data(int src, int dst, off_t size);
/* A treewalk_attribute: sets it on the path dst, a link itself. */
int treecopy_set_attribute(const char *name, const void *value, size_t n, void *dst);

#endif
