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

/* The values of the options. */
struct build_args {
	struct strv tags, build_args, labels, secrets;
	const char *file, *target, *iidfile, *platform, *print;
	bool no_cache, pull, quiet, prune;
};

extern const struct opt build_opts[];

/*
 * Checks the options. names receives the image's names, given the build arguments, secrets the
 * paths of the files by their ids.
 */
int build_options(const struct build_args *args, struct strv *names, struct pairs *given,
		  struct pairs *secrets, struct err *e);

/* The input of a build: the context, the Dockerfile, and its .dockerignore. */
struct input {
	const char *operand;   /* "-" or a directory */
	const char *file;      /* -f; NULL: Dockerfile, in the context */
	char *shown;           /* the Dockerfile's name in messages */
	int context;           /* -1: none */
	struct draft unpacked; /* the draft with a context from standard input */
	struct buf text;       /* the Dockerfile's text */
	struct ignore ignore;
};

#define INPUT_NONE                                      \
	{                                               \
		.context = -1, .unpacked = {.dir = -1 } \
	}

/* The store must be up if the operand is "-". */
int input_open(struct input *in, const struct store *store, struct err *e);
void input_close(struct input *in, const struct store *store);

/*
 * A child process that cleans up if this process is killed: it removes the build's containers (with
 * the label ct.build=TOKEN) and drafts. Signals are passed on to the running command.
 */
struct keeper {
	pid_t pid;
	int pipe;
	char label[40]; /* KEY=VALUE */
};

extern volatile pid_t keeper_child; /* the command that gets signals; 0: none */
extern volatile int keeper_signal;  /* the signal that arrived; 0: none */

/* Call it before any lock is taken. */
int keeper_begin(struct keeper *k, const struct store *store, struct err *e);
/* Ends the keeper; it removes nothing. */
void keeper_end(struct keeper *k);

#endif
