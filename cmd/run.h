/* The ways of ct-run that are no ordinary run (run-aside.c). Each gives the exit status. */
#ifndef CT_CMD_RUN_H
#define CT_CMD_RUN_H

#include "run/runopts.h"
#include "run/supervise.h"

/* Some stages on a directory (--rootfs with --only or --without). */
int run_bare(const struct runopts *opts, char **operands);
/* --dry-run. ref: the image; NULL with --rootfs. */
int run_dry(const struct runopts *opts, const char *ref, char **operands);
/* --only snapshot: a container in which nothing runs. */
int run_nothing(struct supervise *l);

void run_say_notes(struct strv *notes);

#endif
