/*
 * Making a container's first process, in two steps: it is created with all its
 * stages done and stands right before its program; then it is told to execute.
 */
#ifndef CT_SPAWN_H
#define CT_SPAWN_H

#include "run/stage.h"

/*
 * Walks the stages of the run. On success r->pid, r->pidfd and r->streams are
 * the caller's to watch, and nothing of the program has run yet.
 * On failure everything made is undone; e->status says 125, 126 or 127.
 */
int spawn_create(struct run *r, struct err *e);

/* The program runs when this returns 0. On failure everything made is undone. */
int spawn_execute(struct run *r, struct err *e);

/*
 * The caller becomes the program, with no process between: for stages that need
 * none (neither a user namespace, a pid or time namespace, nor a group). `ready`
 * is called right before. Returns only on failure.
 */
int spawn_become(struct run *r, void (*ready)(struct run *), struct err *e);

/* Undoes what the run made: the first process, too, if it still lives. */
void spawn_undo(struct run *r);
/* Closes and frees what the supervisor holds, and undoes nothing. */
void spawn_forget(struct run *r);

#endif
