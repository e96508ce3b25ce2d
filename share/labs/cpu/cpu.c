/* cpu.c: a part of a processor. --shares=NUMBER, --cpus=PERCENT */
#include "box.h"

static char *dir;	/* the group's directory */

static void make_shares(const char *number)
{
	dir = group("cpu");
	/* Here: cpu.weight or cpu.shares. */
	(void)number;
}

static void make_quota(const char *percent)
{
	dir = group("cpu");
	/* Here: cpu.max, or the two files of version 1. */
	(void)percent;
}

static void join(const char *value)
{
	(void)value;
	/* Here. */
}

static void take_away(const char *value)
{
	(void)value;
	/* Here. */
}

const struct stage shares_stage = {.option = "--shares=", .before = make_shares, .inside = join, .after = take_away};
const struct stage cpus_stage = {.option = "--cpus=", .before = make_quota, .inside = join, .after = take_away};
