/*
 * Making a container's first process: it is created, does its stages by itself (which is awaited,
 * and the supervisor has time for something else until then), and stands right before its program;
 * then it is told to execute.
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
int spawn_await(struct run *r, struct err *e);

/* The program runs when this returns 0. On failure everything made is undone. */
int spawn_execute(struct run *r, struct err *e);

/* Undoes what the run made: the first process, too, if it still lives. */
void spawn_undo(struct run *r);
/* The first part of spawn_create: what is done before there is a first process. */
int spawn_prepare(struct run *r, struct err *e);

/* Says why there are no new namespaces: what a user without rights runs into first. -1. */
int spawn_refused(const char *what, struct err *e);

#endif
