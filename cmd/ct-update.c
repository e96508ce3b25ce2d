/* Changes the limits of containers, also while they run. */
#include <string.h>

#include "base/lock.h"
#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "container/disk.h"
#include "kernel/hierarchy.h"
#include "run/limitopts.h"
#include "store/plan.h"

struct update_args {
	struct limitopts limits;
	struct store store;
};

static const struct opt opts[] = {
	OPT_LIMITS(struct update_args, limits),
	OPT_INSTEAD(0, "blkio-weight*", "not offered: no limits of disk rates"),
	OPT_INSTEAD(0, "cpu-period", "use --cpus"),
	OPT_INSTEAD(0, "cpu-quota", "use --cpus"),
	OPT_INSTEAD(0, "cpuset-mems", "not offered: --cpuset-cpus restricts to processors"),
	OPT_INSTEAD(0, "device-*", "not offered: no limits of disk rates"),
	OPT_INSTEAD('e', "env", "not offered: 'ct exec -e' sets it for one command"),
	OPT_INSTEAD(0, "health-*", "not offered: 'ct exec' runs a check"),
	OPT_INSTEAD('l', "latest", "use 'ct update $(ct ps -q | head -n 1)'"),
	OPT_INSTEAD(0, "memory-reservation", "use --memory"),
	OPT_INSTEAD(0, "no-healthcheck", "not needed: ct runs no health checks"),
	OPT_INSTEAD(0, "ulimit", "use prlimit(1) with 'ct pid NAME'"),
	OPT_INSTEAD(0, "unsetenv", "not offered: 'ct exec' runs env -u NAME COMMAND"),
	OPT_INSTEAD(0, "restart", "use systemd, which 'ct unit NAME' writes a unit for"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-update",
	.operands = "CONTAINER...",
	.purpose = "Change the limits of containers",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static int change_running(const struct container *c, const struct limits *now,
			  const struct limits *want, struct err *e)
{
	own_str char *group = container_group(c->id);
	const struct hierarchy *trees;

	if (hierarchy_find(&trees, e) < 0)
		return -1;
	return cgroup_limits_change(group, now, want, e);
}

/* The lock keeps two commands from losing each other's changes of the record. */
static int update_one(const char *ref, void *arg, struct err *e)
{
	const struct update_args *args = arg;
	const struct store *s = &args->store;
	own_container struct container c = CONTAINER_NONE;
	own_fd int lock = s->root < 0 ? -1 : lock_take(s->root, ".", e);
	own_plan struct plan plan = {0};
	own_record struct record config = {0};
	struct container_state st;
	struct limits now;
	struct err ignored;
	bool runs;

	if ((s->root >= 0 && lock < 0) || container_open(s, ref, &c, e) < 0)
		return -1;
	plan_read(&plan, &c.config);
	now = plan.limits;
	if (!plan_has_stage(&plan, STAGE_CGROUP))
		return err_set(e, "%s: has no cgroup (the stage was left out)", ref);
	if (limitopts_merge(&args->limits, &plan.limits, e) < 0 ||
	    limitopts_merge_disk(&args->limits, plan.rootfs, &plan.disk, e) < 0)
		return err_wrap(e, "%s", ref);
	runs = container_runs(s, &c, &st);
	if ((runs && change_running(&c, &now, &plan.limits, e) < 0) ||
	    (args->limits.disk && disk_limit(c.dir, plan.disk, e) < 0)) {
		if (runs)
			change_running(&c, &plan.limits, &now, &ignored);
		return err_wrap(e, "%s", ref);
	}
	plan_write(&plan, &config);
	return record_keep(c.dir, "config", &config, e) < 0 ? err_wrap(e, "%s", ref) : 0;
}

int main(int argc, char **argv)
{
	struct update_args args = {.store = STORE_NONE};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct err e;
	int status;

	if (!limitopts_given(&args.limits)) {
		err_set(&e, "no limit to change (see '%s --help')", program.name);
		err_status(&e, 2);
		return cmd_failed(&e);
	}
	if (store_open(&args.store, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	status = cmd_each(operands, update_one, &args);
	store_close(&args.store);
	return cmd_end(status);
}
