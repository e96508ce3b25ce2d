/* Copies a directory tree unchanged into a subvolume, or measures it. */
#ifndef CT_TREECOPY_H
#define CT_TREECOPY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct strv;

/* Called from time to time for a progress line, with the entries and bytes of files so far. */
typedef void treecopy_progress(uint64_t entries, uint64_t bytes);

/*
 * Copies the content of directory `from` (called path in messages) into the empty directory
 * dest, and gives dest the owner, mode, times and attributes of `from`. Everything is kept:
 * owners, modes, times, hard links, symbolic links, device nodes, FIFOs, holes, and extended
 * attributes, which include capabilities and ACLs. Data is shared with the source if the file
 * system supports FICLONE, otherwise copied.
 *
 * Nested btrfs subvolumes are copied as directories. Mounts inside `from` are not copied: the
 * mount point becomes an empty directory (or file), and its path is added to mounts (may be
 * NULL). Sockets are left out, because they are useless without their process. No symbolic link
 * is followed, no FIFO or device is opened. progress may be NULL.
 *
 * An error names the path. The caller deletes what was copied before an error.
 */
int treecopy_copy(int from, const char *path, int dest, struct strv *mounts,
		  treecopy_progress *progress, struct err *e);

/*
 * Copies into a directory that may hold files and be in use, even by hostile processes.
 * Existing files stay, directories are merged, no symbolic link is followed. The copy may be
 * interrupted and repeated: every file is complete or absent.
 */
int treecopy_merge(int from, const char *path, int dest, struct err *e);

/*
 * Sums st_size of all regular files on dir's mount, each inode once. dir is
 * called path in messages.
 */
int treecopy_size(int dir, const char *path, uint64_t *bytes, struct err *e);

/*
 * Copies a file's data into an empty file: shared if the file system supports it, otherwise
 * copied with its holes. -1 with errno.
 */
int treecopy_copy_data(int src, int dst, off_t size);
/* A treewalk_attribute: sets an attribute of the path dst, even of a symbolic link itself. */
int treecopy_set_attribute(const char *name, const void *value, size_t n, void *dst);

#endif
