/*
 * The container's first process, from its first instruction to execve: it enters the stages, seals
 * them, reports MESSAGE_READY, and executes after MESSAGE_EXECUTE. */
#ifndef CT_FIRSTPROCESS_H
#define CT_FIRSTPROCESS_H

#include "run/run.h"

struct err;

/* Runs in the cloned child; r->channel is the child's end. */
__attribute__((noreturn)) void firstprocess_run(struct run *r);

/* Only enters and seals all stages. Without a channel it waits for no supervisor. */
int firstprocess_stages(struct run *r, struct err *e);

#endif
