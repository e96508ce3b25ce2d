/*
 * The container's first process, from its first instruction to execve: it enters the stages, seals
 * them, says that it is ready, and executes once it is told to.
 */
#ifndef CT_FIRSTPROCESS_H
#define CT_FIRSTPROCESS_H

#include "run/run.h"

struct err;

/* In the child that was cloned, with r->channel its own end. */
__attribute__((noreturn)) void firstprocess_run(struct run *r);

/* The stages alone: enter all, seal all. Without a channel nothing is granted. */
int firstprocess_stages(struct run *r, struct err *e);

#endif
