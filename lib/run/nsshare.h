/*
 * The namespaces that a run shares with another container (--network, --pid and --ipc
 * container:ID). The other container's user namespace owns them, so the run joins it, too, unless
 * it keeps the host's users (--userns host).
 */
#ifndef CT_NSSHARE_H
#define CT_NSSHARE_H

#include <stdbool.h>

#include "run/run.h"

struct err;

/* The option that names a container, and the container; NULL: none does. */
const char *nsshare_option(const struct plan *p);
const char *nsshare_container(const struct plan *p);

bool nsshare_has_pid(const struct plan *p); /* the container shares another one's PID namespace */
bool nsshare_has_ipc(const struct plan *p);
/* It has a namespace of its own, if it has the stage. */
bool nsshare_own_pid(const struct plan *p);
bool nsshare_own_ipc(const struct plan *p);

/*
 * Opens the namespaces for the first process, and records that the other container is used. Several
 * rows of the stage table call it; the first call does everything.
 */
int nsshare_prepare(struct run *r, struct err *e);

#endif
