/* The choice among the stages of a run: --only, --without. */
#ifndef CT_CHOICE_H
#define CT_CHOICE_H

#include <stdbool.h>

#include "str.h"

struct err;

/*
 * The names of the stages that --only and --without (lists, or NULL) leave. What
 * is recorded is a snapshot, ended through its group: those two stay then, as
 * exec always does, but for `--only snapshot`: a container is made, and nothing runs.
 */
int choice_stages(const char *only, const char *without, bool recorded, struct strv *names, struct err *e);

#endif
