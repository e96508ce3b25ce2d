/* Runs the hooks of an OCI bundle (config.md, "POSIX-platform Hooks"). */
#ifndef CT_HOOK_H
#define CT_HOOK_H

#include "store/bundle.h"

struct err;

/*
 * Runs the hooks of a moment one after the other, in this process's namespaces; each has the state
 * of the container on its standard input. Fails with the first hook that fails or exceeds its
 * timeout, which is killed. pid: the container's first process, 0 if it has ended.
 */
int hook_run(const struct bundle *b, enum bundle_moment moment, pid_t pid, const char *status,
	     struct err *e);

/* The same for poststart and poststop: every hook runs, and each failure adds a note. */
void hook_run_each(const struct bundle *b, enum bundle_moment moment, pid_t pid, const char *status,
		   struct strv *notes);

#endif
