/*
 * The stage `user` of a run: a user namespace with a range of host ids, so that the container's
 * root has no rights on the host; or the user namespace of the container whose network is shared;
 * or one without an ID map.
 */
#ifndef CT_USERSTAGE_H
#define CT_USERSTAGE_H

#include "run/run.h"

struct err;

/*
 * Checks before anything is made: falls back if the kernel cannot map owners, and seals ct's own
 * program if the container's root is the host's root. May execute the program again (selfexe.h).
 */
int userstage_settle(struct plan *p, struct strv *notes, struct err *e);

/* --userns auto, or an ID map of the user. */
bool userstage_wanted(const struct plan *p);
int userstage_prepare(struct run *r, struct err *e);
int userstage_grant(struct run *r, struct err *e);
int userstage_enter(struct run *r, struct err *e);
void userstage_undo(struct run *r);

/* The user namespace of another container, prepared by netstage_share. */
bool userstage_is_shared(const struct plan *p);
int userstage_enter_shared(struct run *r, struct err *e);

/*
 * A user namespace without an ID map. A process without a mapped id cannot make files on a tmpfs,
 * so all other stages come before.
 */
bool userstage_is_unmapped(const struct plan *p);
int userstage_seal_unmapped(struct run *r, struct err *e);

#endif
