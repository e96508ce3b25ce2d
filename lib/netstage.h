/*
 * The stage `net` of a run: a network of its own, and its end on one of ours (member.h); or, with
 * --network container:ID, another container's.
 */
#ifndef CT_NETSTAGE_H
#define CT_NETSTAGE_H

#include "run.h"

struct err;

/* Whether the run makes a network namespace. */
bool net_is_new(const struct plan *p);
/* Whether it is in another container's, and which one that is, as the user says it (NULL: none). */
bool net_is_shared(const struct plan *p);
const char *net_container(const struct plan *p);
/* The network that it is to be on; NULL: none. */
const char *net_name(const struct plan *p);

/* The last of the groups that may ping, of a run with that map (none: with ours). */
unsigned net_last_group(const struct idmap *map);

int net_prepare(struct run *r, struct err *e);
/* Instead, with --network container:ID (does nothing a second time): r->net.shared. */
int net_share(struct run *r, struct err *e);
int net_grant(struct run *r, struct err *e);
int net_enter(struct run *r, struct err *e);
void net_undo(struct run *r);
/* While the container runs: when its control is readable. */
void net_answer(void *run);
/* Closes what the supervisor holds of it. */
void net_forget(struct run *r);

#endif
