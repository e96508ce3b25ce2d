/* The options of ct-run. */
#ifndef CT_RUNOPTS_H
#define CT_RUNOPTS_H

#include <stdbool.h>

#include "base/explain.h"
#include "base/opt.h"
#include "base/record.h"
#include "container/mountopts.h"
#include "image/pull.h"
#include "run/limitopts.h"
#include "run/procopts.h"
#include "store/plan.h"

struct runopts {
	bool detach, no_input, interactive, tty, remove, replace, init, read_only, privileged,
		publish_all, no_log;
	const char *name, *cidfile, *workdir, *user, *hostname, *entrypoint, *stop_signal, *rootfs;
	enum explain_mode explain;
	bool dry_run, step;
	struct strv more_networks; /* after the first */
	struct strv aliases, dns_search;
	const char *ip, *network, *userns, *stop_timeout;
	struct limitopts limits;
	struct procopts process;
	struct strv ports, env, env_files, labels, dns, hosts, ulimits, cap_add, cap_drop;
	struct mountopts mounts;
	struct strv only, without; /* names of stages (stage.h) */
	uint64_t shm_size, log_max;
	enum pull_policy pull;
};

extern const struct opt runopts_table[];

/* Whether the options ask for a bare run (barerun.h). */
bool runopts_bare(const struct runopts *o);

void runopts_free(struct runopts *o);

#endif
