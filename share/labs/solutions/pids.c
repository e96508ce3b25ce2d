/* pids.c: a limit for processes. --pids=NUMBER */
#include "box.h"

static char *dir;

static void make(const char *number)
{
	dir = group("pids");
	set(dir, "pids.max", number);
}

static void join(const char *number)
{
	(void)number;
	set(dir, "cgroup.procs", "0");
}

/* A command may leave children; they end with the box. */
static void take_away(const char *number)
{
	(void)number;
	for (int tries = 0; rmdir(dir) != 0 && tries < 200; tries++) {
		run("xargs -r kill -KILL <%s/cgroup.procs 2>/dev/null || true", dir);
		usleep(10000);
	}
}

const struct stage pids_stage = {.option = "--pids=", .before = make, .inside = join, .after = take_away};
