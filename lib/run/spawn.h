/*
 * Makes a container's first process in three steps: spawn_create clones it, and it enters its
 * stages by itself; spawn_await waits until it is ready; spawn_execute lets it execute the program.
 * On failure each step undoes everything that was made; e->status is 125, 126 or 127. */
#ifndef CT_SPAWN_H
#define CT_SPAWN_H

#include "run/stage.h"

/* Sets the pid, the pidfd and the streams of r->supervisor. */
int spawn_create(struct run *r, struct err *e);
int spawn_await(struct run *r, struct err *e);
/* Returns 0 when the program runs. */
int spawn_execute(struct run *r, struct err *e);

/* Kills the first process, if it exists, and undoes everything that the stages made. */
void spawn_undo(struct run *r);

/* The first part of spawn_create: executes the stages before the first process exists. */
int spawn_prepare(struct run *r, struct err *e);

#endif
