/*
 * Making a container's first process, in three steps: it is created, and enters its stages by
 * itself; it is awaited, and stands right before its program; it is told to execute. On failure
 * each step undoes everything that was made; e->status is 125, 126 or 127.
 */
#ifndef CT_SPAWN_H
#define CT_SPAWN_H

#include "run/stage.h"

/* Sets the pid, the pidfd and the streams of r->supervisor. */
int spawn_create(struct run *r, struct err *e);
int spawn_await(struct run *r, struct err *e);
/* The program runs when this returns 0. */
int spawn_execute(struct run *r, struct err *e);

/* Kills the first process, if there is one, and undoes what the stages made. */
void spawn_undo(struct run *r);

/* The first part of spawn_create: what is done before there is a first process. */
int spawn_prepare(struct run *r, struct err *e);

#endif
