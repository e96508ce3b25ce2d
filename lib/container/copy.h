/*
 * Copies of files from one place to another that do not trust each other: one
 * process packs the source into an archive, another, which sees the
 * destination's directory alone, unpacks it there.
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
	bool devices; /* copied too, as to no directory of the host; or else left out, and named in
			 notes */
	struct strv *notes;          /* what the user should be told */
	treecopy_progress *progress; /* may be NULL */
};

/* As untar_merge; what it leaves on failure too. */
int copy_files(const struct copy *c, struct err *e);

/* The source as an archive to descriptor out; owners are its numbers. */
int copy_out(const struct copy *c, int out, struct err *e);
/* An archive from descriptor in to the directory c->to. */
int copy_in(const struct copy *c, int in, struct err *e);

#endif
