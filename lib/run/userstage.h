/*
 * The stage `user` of a run: a user namespace with ids of its own, so that root of the container
 * is nobody on the host; or that of the container whose network it shares; or one without a map.
 */
#ifndef CT_USERSTAGE_H
#define CT_USERSTAGE_H

#include "run/run.h"

struct err;

/*
 * What has to be settled before anything is made: a kernel that cannot map
 * owners, and ct's own file where root in the container is root of the host. May
 * execute the program again (selfexe.h).
 */
int userstage_settle(struct plan *p, struct strv *notes, struct err *e);

/* --userns auto, or a map of the user's. */
bool userstage_wanted(const struct plan *p);
int userstage_prepare(struct run *r, struct err *e);
int userstage_grant(struct run *r, struct err *e);
int userstage_enter(struct run *r, struct err *e);
void userstage_undo(struct run *r);

/* The user namespace of another container (netstage_share has prepared it). */
bool userstage_is_shared(const struct plan *p);
int userstage_enter_shared(struct run *r, struct err *e);

/*
 * A user namespace without a map. A process without an id cannot make a file on a tmpfs of its
 * own, so everything else is built before.
 */
bool userstage_is_unmapped(const struct plan *p);
int userstage_seal_unmapped(struct run *r, struct err *e);

#endif
