/* Ends running containers for ct-rm. */
#ifndef CT_RM_END_H
#define CT_RM_END_H

#include <stdbool.h>

#include "base/str.h"
#include "container/container.h"
#include "store/store.h"

/*
 * Kills the first process of each running container among refs, and with it all other processes of
 * its PID namespace. It waits for none of them: the supervisors record the ends and clean up at the
 * same time. rm_end ends the rest: a frozen container, a container without a PID namespace.
 * References to other objects are ignored.
 */
void rm_kill(const struct store *s, const struct strv *refs);

/*
 * The state of a container that is to be removed. Waits while another process starts it and has not
 * recorded its processes yet: such a start would go on in files that are removed.
 */
int rm_state(const struct store *s, const struct container *c, struct container_state *st,
	     struct err *e);

/*
 * Ends all processes of a container, and removes everything except its record and its files. The
 * supervisor is killed only with force, if it does not end in time.
 */
int rm_end(const struct store *s, const char *id, const struct container_state *st, bool force,
	   struct err *e);

/* Kills and removes the container that has the name; that no container has it is success. */
int rm_named(const struct store *s, const char *name, struct err *e);

#endif
