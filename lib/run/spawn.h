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

/* Kills the first process, if there is one, and undoes what the stages made. */
void spawn_undo(struct run *r);

/* The first part of spawn_create: what is done before there is a first process. */
int spawn_prepare(struct run *r, struct err *e);

/* With the errno of a failed clone3(2) or unshare(2): fills in the error, and gives -1. Most often
 * the user lacks the rights. */
int spawn_refused(const char *what, struct err *e);

#endif
