/*
 * Runs without one of the stages mnt, root and proc (--only, --without): the other two work with
 * the existing mounts. A nested bare run uses the mount namespace of the bare run that started it.
 */
#ifndef CT_BAREFS_H
#define CT_BAREFS_H

#include "run/run.h"

struct err;

/*
 * Fails if the run has neither a mount namespace of its own (the stage mnt) nor one of an outer
 * bare run. A process cannot see from inside whether a namespace is the host's: even root may be
 * denied access to process 1. So barefs_note puts the number of the namespace into the program's
 * environment, which lets a nested bare run recognise it.
 */
int barefs_check(struct run *r, struct err *e);
int barefs_note(struct run *r, struct err *e);
/* Without the stage mnt: makes the mounts of the outer run's namespace private. */
int barefs_enter(const struct run *r, struct err *e);

/* For a run without the stage root: sets both descriptors to the present root. */
int barefs_stay(struct run *r, struct err *e);
/* For a run without the stage proc, which may follow in a nested bare run: moves the host's
 * /proc, /sys and /dev into the new root, if it has such directories. */
int barefs_take_along(const struct run *r, struct err *e);

#endif
