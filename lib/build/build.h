/*
 * A build under way: what its parts have in common (buildcopy.h, buildrun.h,
 * builder.h).
 */
#ifndef CT_BUILD_H
#define CT_BUILD_H

#include "build/buildstep.h"
#include "build/stepstore.h"
#include "image/pull.h"
#include "store/image.h"

struct err;
struct ignore;

/* Files that a step goes on from, or copies from: a step's, an image's, or none. */
struct tip {
	char key[STEP_KEY];      /* tells all that they are */
	struct stored_step step; /* they are this step's; dir -1: not */
	struct image image;      /* or this image's */
	int rootfs;              /* -1: no files at all */
};

#define TIP_NONE                                  \
	{                                         \
		.step = STORED_NONE, .rootfs = -1 \
	}

struct build {
	/* Given. */
	const struct store *store;
	const struct steps *steps;
	int context;              /* a directory; -1: there is none */
	const char *context_name; /* as messages call it */
	const char *file_name;    /* of the Dockerfile, in messages */
	const struct ignore *ignore;
	const char *label; /* of its containers: KEY=VALUE */
	bool no_cache, quiet;
	enum pull_policy pull;
	/* A step is about to be done, or was done before. */
	void (*tell)(const struct step *step, bool cached);
	void (*note)(const char *text); /* what the user should be told besides */
	volatile pid_t
		*child; /* whom a signal is to be passed on to, while there is one; 0: nobody */
	const volatile int *stop; /* not 0: a signal came, and nothing more is begun */

	/* Its own. */
	struct tip *tips;    /* a stage's each */
	struct tip **images; /* those of --from */
	struct strv image_names;
	struct strv keys;  /* of all steps that it is made of */
	struct strv fresh; /* of those, what was not there before */
	char left[ID_LEN]; /* a container of a failed step, to look into; "" */
};

void tip_close(struct tip *t);
void build_close(struct build *b);

/* Opens an image as a tip, pulled first if it is to be. */
int tip_open_image(const struct build *b, const char *ref, enum pull_policy pull, struct tip *t,
		   struct err *e);
/* The same files as another tip has, held on their own. */
int tip_copy(const struct tip *from, struct tip *to, struct err *e);
/* Tells this very tree from any other: the number of its subvolume. */
int tip_instance(const struct tip *t, char key[STEP_KEY], struct err *e);
/* A writable snapshot of the tip, the subvolume `rootfs` of a draft (empty, of no files). */
int tip_snapshot(const struct tip *t, const struct draft *d, const char *name, struct err *e);
/* Where its files are on the host. The caller frees it. */
char *tip_path(const struct build *b, const struct tip *t);

/* The files that --from or from= means; NULL in *tip: the context. */
int build_source(struct build *b, const struct step_source *from, const struct tip **tip,
		 struct err *e);

#endif
