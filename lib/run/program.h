/*
 * The program that a container's process becomes, as a user of the container, on its standard
 * streams or its terminal. Everything here runs inside the container, with its root
 * directory as "/".
 */
#ifndef CT_PROGRAM_H
#define CT_PROGRAM_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "base/str.h"
#include "container/user.h"

struct err;

struct program {
	const struct strv *args;
	const char *workdir; /* NULL: "/" */
	struct strv env;     /* what it gets; completed by command_find */
	struct user who;
	char *file;     /* set by command_find */
	int workdir_fd; /* likewise, unless it was set before */
	int stdio[3];   /* the descriptors that become 0, 1, 2 */
	bool tty;       /* stdio is a terminal to be its controlling one */
	bool init;      /* stay as process 1 and run the program as its child */
	int *killed_by; /* with init: memory shared with the supervisor, for the signal that ended
			   the program */
	bool stays;     /* it may outlive whoever started it */
	bool as_is;     /* no user ids to change to */
	bool make_workdir; /* a working directory that is missing is made, as podman makes a
			      container's own */
	char hostname[HOST_NAME_MAX +
		      1]; /* "": the environment does not say that this is a container */
	bool plain;       /* its session is the caller's, and so is its signal mask: */
	sigset_t mask;
};

/*
 * Gives the pipes among its streams to the user, or /dev/stdout could not be
 * opened again. What is not the container's to give (/dev/null) stays as it is.
 */
void program_own_streams(const struct program *p);

/*
 * Becomes the user and executes. Returns only on failure (with init: in the
 * child, so what is reported there must go through a pipe that exec closes;
 * process 1 itself closes `report` and exits with the program's status, 128+N if signal N ended it).
 */
int program_exec(struct program *p, int report, struct err *e);

#endif
