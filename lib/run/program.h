/*
 * Executes the program of a container's process, as a user of the container, on its standard
 * streams or its terminal. This code runs inside the container, with the container's root as "/".
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
	struct strv env;     /* its environment; completed by command_find */
	struct user who;
	char *file;     /* set by command_find */
	int workdir_fd; /* set by command_find, unless set before */
	int stdio[3];   /* the descriptors that become 0, 1, 2 */
	bool tty;       /* stdio is a terminal that becomes the controlling terminal */
	bool init;      /* stay as process 1 and run the program as its child */
	int *killed_by; /* with init: memory shared with the supervisor, for the signal that ended
			   the program */
	bool stays;     /* it may outlive the process that started it */
	bool as_is;     /* keep the present user ids */
	const struct bundle_process *process; /* an OCI bundle: instead of `who` (bundleproc.h) */
	bool make_workdir; /* make a missing working directory, as podman does for a container */
	char hostname[HOST_NAME_MAX + 1]; /* "": do not set HOSTNAME and container */
	const char *same;                 /* shell that does the same, for --explain */
	const char *umask;                /* octal; NULL: 022, or as is if plain */
	bool no_new_privs;
	bool plain; /* keep the caller's session, and this signal mask: */
	sigset_t mask;
};

/*
 * Gives the pipes among the program's streams to the user, who can then open /dev/stdout again;
 * in an OCI bundle, as crun and runc do, regular files too.
 */
void program_own_streams(const struct program *p);

/*
 * Becomes the user and executes. Returns only on failure. With init it returns in the child, so an
 * error must be reported through a descriptor that exec closes; process 1 itself closes `report`
 * and exits with the program's status (128+N if signal N ended it).
 */
int program_exec(struct program *p, int report, struct err *e);

#endif
