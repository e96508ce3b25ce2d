/*
 * Descriptors, and small files read and written whole. Every descriptor made
 * here is close-on-exec.
 */
#ifndef CT_FD_H
#define CT_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct err;

/* Writes all n bytes, in as many write(2) calls as needed. -1 with errno. */
int fd_write_all(int fd, const void *data, size_t n);

/*
 * Reads the whole file `name` beneath dirfd. More than max bytes is an error (EFBIG), because
 * the size of a file is not trusted. A name that is not a regular file is an error too; a FIFO
 * is detected without waiting for a writer. If the file is absent, e->sys is ENOENT.
 */
int file_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *e);

/* Truncates and rewrites the file in place, so that bind mounts of the file show the change. */
int file_write(int dirfd, const char *name, mode_t mode, const void *data, size_t n, struct err *e);

/*
 * Replaces the file atomically: a reader sees the whole old or the whole new content. The
 * caller holds a lock that every writer of this name takes. A writer that is killed leaves
 * "NAME~"; the next writer of the name replaces "NAME~", and file_sweep removes it.
 */
int file_replace(int dirfd, const char *name, mode_t mode, const void *data, size_t n,
		 struct err *e);
/*
 * Removes every "NAME~" in a directory. The caller holds the lock that every writer of the
 * directory's files takes.
 */
void file_sweep(int dirfd, const char *directory);
/* Removes the "NAME~" of one file, under the lock that every writer of this name takes. */
void file_sweep_one(int dirfd, const char *name);

/*
 * Replaces the file atomically like file_replace, with mode 0600, for text without NUL bytes on
 * btrfs. After a power cut the file is whole or absent, although nothing waits for the disk.
 *
 * btrfs commits metadata as one unit, but writes a file's data later: after a power cut a new
 * file has its name and 0 bytes, or zeros in place of missing data. Therefore the text is
 * stored a second time as metadata, in extended attributes of the file. btrfs commits them with
 * the rename, or before it.
 *
 * Measured on Linux 6.18. "empty": how many of 200 files were empty after a commit and a power
 * cut. "time": median for one file of 1,500 or 6,000 bytes.
 *
 * method                        empty      time              remark
 * write                         26 to 73   25 us
 * write, sync_file_range        0          20 to 95 us       large or compressed data is a race
 * write with O_DIRECT           0 to 1     60 to 95 us       waits for the disk
 * write, fsetxattr              0          25 to 43 us       used here
 * write, fsync; O_DSYNC         0          6,700 to 17,000 us
 *
 * The mount option flushoncommit is no alternative: ct must not set it on the user's btrfs, and
 * with it every snapshot waits for all data.
 */
int file_keep(int dirfd, const char *name, const void *data, size_t n, struct err *e);
/*
 * Reads a file that file_keep wrote, from its attributes if its data is missing. Any other file
 * is read as by file_read.
 */
int file_read_kept(int dirfd, const char *name, size_t max, struct buf *out, struct err *e);
/*
 * After a power cut: rewrites the data of a file that file_keep wrote from its attributes, for
 * readers that do not use file_read_kept.
 */
int file_repair(int dirfd, const char *name, size_t max, struct err *e);

/* Writes a string to an existing kernel file (cgroup, proc) in one write(2). */
int file_put(int dirfd, const char *name, const char *value, struct err *e);
/* The same; --explain prints below the call the shell that does the same. */
int file_put_same(int dirfd, const char *name, const char *value, const char *shell, struct err *e);

/* The path of an open file, for messages; "descriptor N" if /proc has none. The caller frees it. */
char *fd_path(int fd);

/* Whether `name` beneath dirfd is still the file that is open: it may have been renamed, removed or
 * replaced between open and lock. */
bool fd_is_named(int fd, int dirfd, const char *name);

/*
 * Sends or receives one message with at most FD_PASS descriptors over a SOCK_SEQPACKET
 * socket. fd_recv returns the length of the message, 0 at the end of the stream. The
 * caller owns the descriptors received; unused elements of fds are -1. With fds NULL no
 * descriptors are accepted.
 */
enum { FD_PASS = 16 };
int fd_send(int sock, const void *data, size_t n, const int *fds, size_t nfds);
ssize_t fd_recv(int sock, void *data, size_t n, int fds[FD_PASS]);

#endif
