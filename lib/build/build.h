/*
 * The state of a build, shared by its parts (buildcopy.h, buildrun.h, builder.h).
 */
#ifndef CT_BUILD_H
#define CT_BUILD_H

#include "build/buildstep.h"
#include "build/stepstore.h"
#include "image/pull.h"
#include "store/image.h"

struct err;
struct ignore;

/* The file tree before a step, or one that a step copies from: of a stored step, of an image, or
 * empty. */
struct tip {
	char key[STEP_KEY];      /* identifies the files */
	struct stored_step step; /* the stored step; dir -1: none */
	struct image image;      /* or the image */
	int rootfs;              /* -1: an empty tree */
};

#define TIP_NONE                                  \
	{                                         \
		.step = STORED_NONE, .rootfs = -1 \
	}

struct build {
	/* Set by the caller. */
	const struct store *store;
	const struct steps *steps;
	int context;              /* a directory; -1: none */
	const char *context_name; /* its name in messages */
	const char *file_name;    /* the Dockerfile's name in messages */
	const struct ignore *ignore;
	const char *label;    /* label of the build's containers: KEY=VALUE */
	struct pairs secrets; /* the paths of the files, by their ids */
	bool no_cache, quiet;
	enum pull_policy pull;
	/* Called before a step is executed, or when it is taken from the cache. */
	void (*tell)(const struct step *step, bool cached);
	void (*note)(const char *text); /* reports a warning to the user */
	volatile pid_t *child;    /* the running command, to which signals are passed on; 0: none */
	const volatile int *stop; /* not 0: a signal arrived, so no further step is started */

	/* Private. */
	struct tip *tips;    /* one for each stage */
	bool *layers;        /* one for each step: whether the step made a snapshot */
	struct tip **images; /* the images that --from names */
	struct strv image_names;
	struct strv keys;  /* keys of all steps of the build */
	struct strv fresh; /* the parts that this build made */
	char left[ID_LEN]; /* the container of a failed step, kept for inspection; "": none */
};

void tip_close(struct tip *t);
void build_close(struct build *b);

/* Opens an image as a tip; pulls it first if `pull` requires it. */
int tip_open_image(const struct build *b, const char *ref, enum pull_policy pull, struct tip *t,
		   struct err *e);
/* A tip with the same files, held by descriptors of its own. */
int tip_copy(const struct tip *from, struct tip *to, struct err *e);
/* A key of this one tree: the UUID of its subvolume. */
int tip_instance(const struct tip *t, char key[STEP_KEY], struct err *e);
/* Makes a writable snapshot of the tip as the subvolume `name` of a draft; an empty subvolume for
 * an empty tip. */
int tip_snapshot(const struct tip *t, const struct draft *d, const char *name, struct err *e);
/* The path of the tip's files on the host. The caller frees it. */
char *tip_path(const struct build *b, const struct tip *t);

/* Finds the files that --from or from= names; *tip is NULL for the context. */
int build_source(struct build *b, const struct step_source *from, const struct tip **tip,
		 struct err *e);

#endif
