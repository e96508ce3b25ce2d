/* Makes a plan from the options of ct-run and the image's config. */
#ifndef CT_RUNPLAN_H
#define CT_RUNPLAN_H

#include "run/runopts.h"

/*
 * Fills in the plan from the options, the image's config (NULL: none) and the
 * command (may be empty). terminal: the user's stdin and stdout are terminals. Every value is
 * checked here, before anything is made; the error names the value. Strings of the plan live as
 * long as the options, the config, the command and `kept`.
 */
int runplan_make(const struct runopts *o, const struct record *image, char **command, bool terminal,
		 struct plan *plan, struct strv *kept, struct err *e);

/*
 * Sets the variables of --env-file, then those of --env, in an environment: NAME=VALUE, or NAME as
 * this process's environment has it (if it has).
 */
int runplan_add_env(const struct strv *files, const struct strv *settings, struct strv *env,
		    struct err *e);
/* Sets TERM for a process with a terminal. */
void runplan_complete_env(struct plan *plan);

#endif
