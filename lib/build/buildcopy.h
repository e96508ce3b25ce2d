/*
 * Executes COPY, ADD and WORKDIR: puts files into a snapshot of the previous step.
 */
#ifndef CT_BUILDCOPY_H
#define CT_BUILDCOPY_H

#include "build/build.h"
#include "build/graft.h"
#include "build/ignore.h"
#include "build/sources.h"
#include "build/stepkey.h"

struct copying {
	struct build *b;
	const struct step *step;
	const struct tip *tip; /* the previous step's files */
	struct sources from;
	struct strv paths; /* the files that the sources name */
	struct ignore exclude;
	struct graft graft;
	const struct draft *work; /* holds fetched files and heredocs */
	struct strv files;        /* their names in work, and the names that the copies get */
	struct strv names;
};

/* Called before the first step: fails if a source in the context is missing. */
int buildcopy_check(struct build *b, const struct step *step, struct err *e);

/* Finds all sources, and fetches URLs. */
int buildcopy_open(struct copying *c, struct build *b, const struct step *step,
		   const struct tip *tip, const struct draft *work, struct err *e);
void buildcopy_close(struct copying *c);
#define own_copying __attribute__((cleanup(buildcopy_close)))

/* Adds the step's inputs to its key. */
int buildcopy_key(struct copying *c, struct stepkey *k, struct err *e);
/* Copies the files into the tree at rootfs. */
int buildcopy_do(struct copying *c, int rootfs, struct err *e);

/* Finds the owner that --chown or USER names, in the user database of a tree (-1: none). A uid
 * alone is the gid, too. */
int buildcopy_owner(int rootfs, const char *spec, uid_t *uid, gid_t *gid, struct err *e);

#endif
