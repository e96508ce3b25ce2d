/*
 * Copies files between two places that do not trust each other. One process packs the source into
 * an archive; another, which sees only the destination directory, unpacks it there.
 */
#ifndef CT_COPY_H
#define CT_COPY_H

#include "container/cppath.h"
#include "tar/untar.h"

struct err;

struct copy {
	const struct source *from;
	const struct dest *to;
	const char *from_shown, *to_shown; /* operands, for messages */
	const uint64_t *mounts; /* ids of mounts in the source that are copied, too; may be NULL */
	size_t mounts_n;
	struct untar_rules rules;
	bool devices;       /* copy device nodes; otherwise leave them out and name them in notes */
	struct strv *notes; /* notes for the user */
	treecopy_progress *progress; /* may be NULL */
};

/* Copies like untar_merge; after a failure the destination is as after a failure of untar_merge. */
int copy_files(const struct copy *c, struct err *e);

/* Writes the source as an archive to descriptor out, with numeric owners. */
int copy_out(const struct copy *c, int out, struct err *e);
/* Unpacks an archive from descriptor in into the directory c->to. */
int copy_in(const struct copy *c, int in, struct err *e);

#endif
