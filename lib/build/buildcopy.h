/*
 * COPY, ADD and WORKDIR done: files into a snapshot of the step before.
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
	const struct tip *tip; /* the files before */
	struct sources from;
	struct strv paths; /* what was found of the sources */
	struct ignore exclude;
	struct graft graft;
	const struct draft *work; /* what is fetched, and heredocs, are files here */
	struct strv files;        /* their names in work, and as what each is copied */
	struct strv names;
};

/* Whether the sources that are in the context are there: before the first step is done. */
int buildcopy_check(struct build *b, const struct step *step, struct err *e);

/* Finds (and fetches) all sources. */
int buildcopy_open(struct copying *c, struct build *b, const struct step *step,
		   const struct tip *tip, const struct draft *work, struct err *e);
void buildcopy_close(struct copying *c);
#define own_copying __attribute__((cleanup(buildcopy_close)))

/* What the step is made of, into its key. */
int buildcopy_key(struct copying *c, struct stepkey *k, struct err *e);
/* Into the tree whose top is rootfs. */
int buildcopy_do(struct copying *c, int rootfs, struct err *e);

/* The owner that --chown or USER means, in a tree (-1: none): a number alone is the group's, too. */
int buildcopy_owner(int rootfs, const char *spec, uid_t *uid, gid_t *gid, struct err *e);

#endif
