/* Reads a subvolume as a send stream (BTRFS_IOC_SEND), and finds the names of its inodes. */
#ifndef CT_SUBVOLSEND_H
#define CT_SUBVOLSEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct strv;

/* A stream that a child process writes into a pipe. */
struct subvolsend {
	int from; /* the pipe's end for reading; -1: none */
	pid_t child;
};

/*
 * Starts to send the read-only subvolume, from command SUBVOL or SNAPSHOT to END (sendstream.h).
 * With parent >= 0 the stream holds only the differences to that read-only subvolume, of which the
 * kernel reads only the differing parts of the tree. With data false the stream says which parts of
 * files changed, but not their content. Needs CAP_SYS_ADMIN.
 */
int subvolsend_begin(int subvol, int parent, bool data, struct subvolsend *s, struct err *e);
/* Ends a stream, after its last byte or early. Returns the kernel's result. Closes the pipe. */
int subvolsend_end(struct subvolsend *s, struct err *e);

enum { SUBVOL_IDENTITY_LEN = 2 * 16 + 1 + 20 + 1 };

/* How send streams identify a subvolume. */
struct subvolsend_identity {
	uint8_t uuid[16];     /* of the original, if the subvolume was received; else its own */
	uint64_t transaction; /* of the last change, there */
};
int subvolsend_identity(int subvol, struct subvolsend_identity *id, struct err *e);
bool subvolsend_identity_same(const struct subvolsend_identity *a,
			      const struct subvolsend_identity *b);
/* As text, "UUID TRANSACTION"; _read returns -1 if the text is not that of an identity. */
void subvolsend_identity_text(const struct subvolsend_identity *id, char text[SUBVOL_IDENTITY_LEN]);
int subvolsend_identity_read(const char *text, struct subvolsend_identity *id);
/* Records the subvolume of which this one is a copy. The subvolume must be writable. */
int subvolsend_set_received(int subvol, const struct subvolsend_identity *id, struct err *e);

/* Adds all paths of an inode, beneath the subvolume's root and unsorted; none if it does not exist.
 */
int subvolsend_names(int subvol, uint64_t inode, struct strv *names, struct err *e);

#endif
