/*
 * The files of an image, a container or a volume at one moment, as read-only subvolumes: those of
 * an image themselves, of the others snapshots in a draft.
 */
#ifndef CT_MOMENT_H
#define CT_MOMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/record.h"
#include "store/draft.h"
#include "store/ids.h"

struct err;

enum { MOMENT_FILES = 64 }; /* subvolumes of one object */

struct moment {
	char id[ID_LEN];
	int dir; /* the object's directory in the store */
	struct record config;
	struct moment_files {
		char name[24]; /* "rootfs", "data", or "data-0" for a container's own volume */
		int fd;
	} files[MOMENT_FILES]; /* the first one is the root directory, or the volume's data */
	size_t n;
	struct draft draft;
};

#define MOMENT_NONE                              \
	{                                        \
		.dir = -1, .draft = {.dir = -1 } \
	}

/*
 * Takes the files of the object that ref names. An object with another subvolume among its files is
 * refused. freeze: a running container, and running containers that use the volume, are frozen
 * while the snapshots are taken, after most unwritten data was written to disk; a container that
 * its user froze stays frozen.
 */
int moment_take(const struct store *s, const char *ref, bool freeze, struct moment *m,
		struct err *e);
/* Also after a failure. Deletes the snapshots. */
void moment_drop(const struct store *s, struct moment *m);

/*
 * Makes writable or read-only snapshots of one object's subvolumes under the same names in the
 * directory `to`, in the same way.
 */
int moment_snapshot(const struct store *s, const char *id, bool freeze, bool read_only, int to,
		    struct err *e);
/* The same for the root directory of a container alone, frozen and writable; explained. */
int moment_snapshot_root(const struct store *s, const char *id, int to, struct err *e);

#endif
