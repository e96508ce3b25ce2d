/* mem.c: a limit for memory. --mem=BYTES */
#include "box.h"

static char *dir;

static void make(const char *bytes)
{
	dir = group("memory");
	if (set(dir, "memory.max", bytes) == 0)
		set(dir, "memory.swap.max", "0");
	else if (set(dir, "memory.limit_in_bytes", bytes) == 0)
		set(dir, "memory.memsw.limit_in_bytes", bytes);
}

static void join(const char *bytes)
{
	(void)bytes;
	set(dir, "cgroup.procs", "0");
}

static void take_away(const char *bytes)
{
	(void)bytes;
	rmdir(dir);
}

const struct stage mem_stage = {.option = "--mem=", .before = make, .inside = join, .after = take_away};
