/* The end of running containers that ct-rm removes. */
#ifndef CT_RM_END_H
#define CT_RM_END_H

#include <stdbool.h>

#include "base/str.h"
#include "container/container.h"
#include "store/store.h"

/*
 * Kills the first process of each running container among refs, and with it all others of its PID
 * namespace, and waits for none: their supervisors record the ends and clean up at the same time.
 * What does not end by that (a frozen container, one without a PID namespace), and every reference
 * that means something else, is left to rm_end.
 */
void rm_kill(const struct store *s, const struct strv *refs);

/*
 * Ends what runs of a container, and removes everything of it but its record and its files. Its
 * supervisor is killed only with force, if it does not end in time.
 */
int rm_end(const struct store *s, const char *id, const struct container_state *st, bool force,
	   struct err *e);

#endif
