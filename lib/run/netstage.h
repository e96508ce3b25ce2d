/*
 * The stage `net` of a run: a network of its own, and its end on one of ours (endpoint.h); or, with
 * --network container:ID, another container's.
 */
#ifndef CT_NETSTAGE_H
#define CT_NETSTAGE_H

#include "run/run.h"

struct err;
struct netlink;

/* Whether the run makes a network namespace. */
bool netstage_is_new(const struct plan *p);
/* Whether it is in another container's, and which one that is, as the user says it (NULL: none). */
bool netstage_is_shared(const struct plan *p);
const char *netstage_container(const struct plan *p);
/* The network that it is to be on; NULL: none. */
const char *netstage_name(const struct plan *p);

/*
 * What the first process does in a network namespace of its own: settings, lo, its end of the pair.
 * to: a socket of that namespace (NULL: the run is on no network), or a text that gets shell
 * instead. id NULL: without the names that tell of the container.
 */
int netstage_set_up(struct netlink *to, const struct run *r, const char *id, struct err *e);

int netstage_prepare(struct run *r, struct err *e);
/* Instead, with --network container:ID (does nothing a second time): r->net.shared. */
int netstage_share(struct run *r, struct err *e);
int netstage_grant(struct run *r, struct err *e);
int netstage_enter(struct run *r, struct err *e);
void netstage_undo(struct run *r);
/* While the container runs: when its control is readable. */
void netstage_answer(void *run);

#endif
