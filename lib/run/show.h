/*
 * Shows stages: --step stops before each one, --explain prints shell commands below its calls,
 * --explain=brief prints one line for each.
 */
#ifndef CT_SHOW_H
#define CT_SHOW_H

#include "run/stage.h"

/* The supervisor's part of a stage before the first process exists: its function prepare. */
int show_prepare(const struct stage *s, struct run *r, struct err *e);
/* The first process's parts of a stage: its functions enter and seal. */
int show_enter(const struct stage *s, struct run *r, struct err *e);
int show_seal(const struct stage *s, struct run *r, struct err *e);

#endif
