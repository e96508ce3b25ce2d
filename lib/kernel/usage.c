#include "kernel/usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "kernel/hierarchy.h"

enum { VALUE = 1024 }; /* longest value read */

/* The number after a name of letters, which is at the begin of a line or empty; or -1. */
static int64_t number(const char *controller, const char *group, const char *file, const char *name)
{
	char value[VALUE], *line = value, *end;
	size_t n = strlen(name);
	long long found;

	if (hierarchy_get(controller, group, file, value, sizeof(value)) < 0)
		return -1;
	while (line && strncmp(line, name, n) != 0)
		if ((line = strchr(line, '\n')))
			line++;
	if (!line)
		return -1;
	found = strtoll(line + n, &end, 10);
	return end == line + n ? -1 : found;
}

/* On v2 cpu.stat is there without the controller, too. */
static double cpu_time(const char *group)
{
	const struct hierarchy *h = hierarchy_of("cpuacct");
	int64_t time;

	if (h && !h->v2) {
		time = number("cpuacct", group, "cpuacct.usage", "");
		return time < 0 ? -1 : (double)time / 1e9;
	}
	time = number("cpu", group, "cpu.stat", "usage_usec ");
	return time < 0 ? -1 : (double)time / 1e6;
}

struct usage usage_read(const char *path)
{
	/* Without a limit v1 has the highest multiple of the size of a page, v2 the word "max". */
	const int64_t unlimited = INT64_MAX / 2;
	struct usage u = {-1, -1, -1, -1};
	const struct hierarchy *trees, *memory;
	struct err ignored;

	path += strspn(path, "/");
	if (hierarchy_find(&trees, &ignored) <= 0)
		return u;
	memory = hierarchy_of("memory");
	u.cpu = cpu_time(path);
	u.processes = number("pids", path, "pids.current", "");
	if (!memory)
		return u;
	u.memory =
		number("memory", path, memory->v2 ? "memory.current" : "memory.usage_in_bytes", "");
	u.memory_limit =
		number("memory", path, memory->v2 ? "memory.max" : "memory.limit_in_bytes", "");
	if (u.memory_limit > unlimited)
		u.memory_limit = -1;
	return u;
}

char *usage_dir(const char *path)
{
	const struct hierarchy *trees, *h;
	struct err ignored;
	int n = hierarchy_find(&trees, &ignored);

	if (n <= 0)
		return NULL;
	h = hierarchy_of("pids");
	return hierarchy_path(h ? h : &trees[0], path + strspn(path, "/"), NULL);
}
