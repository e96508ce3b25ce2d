/* Makes named volumes (volstore.h): new ones, copies, and volumes with the content of an archive. */
#ifndef CT_VOLMAKE_H
#define CT_VOLMAKE_H

#include <stdbool.h>

#include "store/ids.h"
#include "tar/treecopy.h"

struct err;
struct store;
struct strv;

struct volmake {
	const char *name;          /* NULL: none */
	const struct strv *labels; /* "KEY=VALUE"; may be NULL */
	const char *from;          /* begins with the files of this volume; NULL: empty */
	bool snapshot;             /* a read-only copy, which a later one can be a difference to */
	int archive;               /* begins with the files of this tar; -1: none */
	const char *what;          /* names the archive in messages */
	treecopy_progress *progress; /* of the archive; may be NULL */
	struct strv *notes; /* gets lines for the user: a file that the archive has twice */
};

/*
 * Makes a volume with a new id. A name in use is refused. Running containers that use the volume
 * `from` are frozen while it is copied. The volume appears when it is complete.
 */
int volmake(const struct store *s, const struct volmake *v, char id[ID_LEN], struct err *e);

/* The newest snapshot of the volume; -1: there is none. */
int volmake_last_snapshot(const struct store *s, const char *volume, char id[ID_LEN],
			  struct err *e);

#endif
