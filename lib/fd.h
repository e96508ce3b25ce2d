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

/* Replaces the file in one step: a reader sees the old or the new one, whole. */
int file_replace(int dirfd, const char *name, mode_t mode, const void *data, size_t n, struct err *e);

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
