/* The choice among the stages of a run: --only, --without. */
#ifndef CT_CHOICE_H
#define CT_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct err;

/*
 * The stages (bits of enum stage_id, plan.h) that --only and --without (names; none: not given)
 * leave. A recorded run always has the stages snapshot and cgroup, since ct ends a container
 * through its cgroup. The stage exec is always there, except after `--only snapshot`.
 */
int choice_stages(const struct strv *only, const struct strv *without, bool recorded, uint32_t *set,
		  struct err *e);

/* `--only snapshot`: a container is made, and nothing runs. */
bool choice_runs_nothing(const struct strv *only);

#endif
