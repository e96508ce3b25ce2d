/*
 * Descriptors and whole small files. Every descriptor made here is CLOEXEC.
 */
#ifndef CT_FD_H
#define CT_FD_H

#include <stddef.h>
#include <sys/types.h>

struct buf;
struct err;

/* All n bytes, whatever write(2) takes at a time. -1 with errno. */
int fd_write_all(int fd, const void *data, size_t n);

/*
 * The whole file `name` beneath dirfd. More than max bytes is an error (EFBIG):
 * nothing here trusts the size of a file. A name that is no regular file is an
 * error too, found without waiting on a FIFO. An absent file: e->sys is ENOENT.
 */
int file_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *e);

/* Writes the file anew, in place (a bind mount of it sees the change). */
int file_write(int dirfd, const char *name, mode_t mode, const void *data, size_t n, struct err *e);

/*
 * Replaces the file in one step: a reader sees the old or the new one, whole.
 * One writer at a time: the caller holds a lock that all writers of the name take.
 * A process that is killed leaves "NAME~", which the next writer of the name replaces
 * and file_sweep removes.
 */
int file_replace(int dirfd, const char *name, mode_t mode, const void *data, size_t n,
		 struct err *e);
/* Removes every "NAME~" in a directory. The caller holds the lock that all writers of its files
 * take. */
void file_sweep(int dirfd, const char *directory);

/*
 * The same, mode 0600, for a file of text (without zero bytes) on btrfs that a power cut leaves
 *whole or absent, without a wait for the disk. btrfs commits metadata as one piece, but writes the
 *data of a file later: after a power cut a new file has its name and 0 bytes, or zeros where data
 *is missing. So the text is stored a second time as metadata, in extended attributes of the file:
 *they are committed with the rename, or before it.
 *
 * Measured on Linux 6.18: files that were empty after a commit and a power cut, of 200, and the
 * median time for one file of 1,500 or 6,000 bytes.
 *	write				26 to 73	25 us
 *	write, sync_file_range		0		20 to 95 us	large or compressed data is
 *a race write with O_DIRECT		0 to 1		60 to 95 us	waits for the disk write,
 *fsetxattr		0		25 to 43 us
 *	write, fsync; O_DSYNC		0		6,700 to 17,000 us
 * The mount option flushoncommit is not ours to set on the user's btrfs, and lets
 * every snapshot wait for all data.
 */
int file_keep(int dirfd, const char *name, const void *data, size_t n, struct err *e);
/* As file_read, of what file_keep wrote (or another: that has no second text). */
int file_read_kept(int dirfd, const char *name, size_t max, struct buf *out, struct err *e);
/* After a power cut: gives the file its data again, for those who read it without file_read_kept. */
int file_repair(int dirfd, const char *name, size_t max, struct err *e);

/* Writes a string to an existing kernel file (cgroup, proc) in one write(2). */
int file_put(int dirfd, const char *name, const char *value, struct err *e);

/*
 * One message with at most FD_PASS descriptors over a SOCK_SEQPACKET socket.
 * fd_recv gives the message's length, 0 at the end; the descriptors that came
 * are the caller's, the rest of fds is -1. fds NULL: none are taken.
 */
enum { FD_PASS = 16 };
int fd_send(int sock, const void *data, size_t n, const int *fds, size_t nfds);
ssize_t fd_recv(int sock, void *data, size_t n, int fds[FD_PASS]);

#endif
