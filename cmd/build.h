/* The parts of ct-build. */
#ifndef CT_CMD_BUILD_H
#define CT_CMD_BUILD_H

#include <sys/types.h>

#include "base/opt.h"
#include "base/str.h"
#include "build/ignore.h"
#include "build/pairs.h"
#include "store/draft.h"
#include "store/store.h"

struct err;

/* What the options say. */
struct build_args {
	struct strv tags, build_args, labels;
	const char *file, *target, *iidfile, *platform, *print;
	bool no_cache, pull, quiet, prune;
};

extern const struct opt build_opts[];

/*
 * Checks what no option alone could: names is what the image is to be called, given what
 * --build-arg says.
 */
int build_options(const struct build_args *args, struct strv *names, struct pairs *given,
		  struct err *e);

/* What is built from: the context, and the Dockerfile with its patterns. */
struct input {
	const char *operand;   /* "-" or a directory */
	const char *file;      /* -f; NULL: Dockerfile, in the context */
	char *shown;           /* the Dockerfile, in messages */
	int context;           /* -1: there is none */
	struct draft unpacked; /* of a context from standard input */
	struct buf text;       /* the Dockerfile */
	struct ignore ignore;
};

#define INPUT_NONE                                      \
	{                                               \
		.context = -1, .unpacked = {.dir = -1 } \
	}

/* store: up, if the operand is "-". */
int input_open(struct input *in, const struct store *store, struct err *e);
void input_close(struct input *in, const struct store *store);

/*
 * A process that outlives this one, if that is killed: it removes the containers of the build
 * (those with the label ct.build=TOKEN) and what else was begun. Signals are passed on to the
 * command that runs.
 */
struct keeper {
	pid_t pid;
	int pipe;
	char label[40]; /* KEY=VALUE */
};

extern volatile pid_t keeper_child; /* whom signals are passed on to; 0: nobody */
extern volatile int keeper_signal;  /* the one that came; 0: none */

/* Called before any lock is taken. */
int keeper_begin(struct keeper *k, const struct store *store, struct err *e);
/* All is well: nothing is to be removed. */
void keeper_end(struct keeper *k);

#endif
