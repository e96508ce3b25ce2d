/*
 * The options of ct-run, and how they and an image's wishes become a plan.
 */
#ifndef CT_RUNOPTS_H
#define CT_RUNOPTS_H

#include <stdbool.h>

#include "base/opt.h"
#include "base/record.h"
#include "container/mountopts.h"
#include "image/pull.h"
#include "store/plan.h"

struct runopts {
	bool detach, no_input, interactive, tty, remove, init, read_only, privileged;
	const char *name, *cidfile, *workdir, *user, *hostname, *entrypoint, *stop_signal, *rootfs;
	bool explain, dry_run, step;
	const char *network, *userns, *memory_swap, *cpus, *cpuset_cpus, *pids_limit;
	struct strv ports, env, env_files, labels, dns, hosts, ulimits, cap_add, cap_drop;
	struct mountopts mounts;
	struct strv only, without; /* names of stages (stage.h) */
	uint64_t memory, cpu_shares, shm_size, log_max;
	enum pull_policy pull;
};

extern const struct opt runopts_table[];

/*
 * Fills in the plan from the options, the image's config (NULL: none) and the
 * command (may be empty). terminal: the user's stdin and stdout are one. Every
 * value is checked here, before anything is made; the error names it.
 * Strings in the plan live as long as what they came from, and `kept`.
 */
int runopts_plan(const struct runopts *o, const struct record *image, char **command, bool terminal,
		 struct plan *plan, struct strv *kept, struct err *e);

/* Sets NAME=VALUE in an environment, or NAME as our own environment has it (if it has). */
int runopts_add_env(struct strv *env, const char *text, struct err *e);
/* TERM for a process with a terminal. */
void runopts_complete_env(struct plan *plan);

/* Whether they ask for a bare run (barerun.h). */
bool runopts_bare(const struct runopts *o);

void runopts_free(struct runopts *o);

#endif
