/*
 * Runs in which a stage that mounts is left out (--only, --without): of mnt, root and proc each
 * makes do with what there is. A bare run may be in the mount namespace of the bare run that
 * started it, and leaves its own to the next one.
 */
#ifndef CT_BAREFS_H
#define CT_BAREFS_H

#include "run/run.h"

struct err;

/*
 * Fails if the run has no mount namespace of its own (the stage mnt) and is in none that a bare
 * run before it made. A process cannot see from inside whether a namespace is the host's: even root
 * may be denied access to process 1. So barefs_note puts the number of the namespace into the
 * program's environment, which lets a nested bare run recognise it.
 */
int barefs_check(struct run *r, struct err *e);
int barefs_note(struct run *r, struct err *e);
/* Without the stage mnt: makes the mounts of that namespace private. */
int barefs_enter(const struct run *r, struct err *e);

/* For a run without the stage root: both descriptors are of the present root. */
int barefs_stay(struct run *r, struct err *e);
/* For a run without the stage proc, which may follow in a nested bare run: moves the host's
 * /proc, /sys and /dev into the new root, if it has such directories. */
int barefs_take_along(const struct run *r, struct err *e);

#endif
