/*
 * Applies a send stream, which is not trusted, to a subvolume. btrfs receive of btrfs-progs is not
 * used: it runs with all rights of root, follows clones into every subvolume of the file system
 * whose UUID a stream knows, and makes as many subvolumes as a stream wants.
 */
#ifndef CT_SENDAPPLY_H
#define CT_SENDAPPLY_H

#include "tar/sendstream.h"

struct err;

struct sendapply {
	int root;   /* the writable subvolume: empty, or a snapshot of the parent */
	int parent; /* the read-only subvolume of which the stream is a difference; -1: none */
	uint8_t parent_uuid[16];
	uint8_t uuid[16]; /* result: of the subvolume that was sent */
};

/*
 * Reads one stream up to its end. Every path is resolved beneath the root without following
 * symbolic links; data is cloned from the subvolume itself and from the parent only. Only for a
 * confined child process (confine.h): it changes the working directory. The caller has set the
 * first three fields of in, and deletes the subvolume after a failure.
 */
int sendapply_run(struct sendapply *a, struct sendstream *in, struct err *e);

#endif
