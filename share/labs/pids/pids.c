/* pids.c: a limit for processes. --pids=NUMBER */
#include "box.h"

static char *dir;	/* the group's directory */

static void make(const char *number)
{
	/* Here: the group, and its limit. */
	(void)number;
	(void)dir;
}

static void join(const char *number)
{
	(void)number;
	/* Here. */
}

static void take_away(const char *number)
{
	(void)number;
	/* Here: kill the processes that are left in the group, then remove the group. */
}

const struct stage pids_stage = {.option = "--pids=", .before = make, .inside = join, .after = take_away};
