/* cpu.c: a part of a processor. --shares=NUMBER, --cpus=PERCENT */
#include "box.h"

static char *dir;

static void make_shares(const char *number)
{
	char weight[20];
	dir = group("cpu");
	snprintf(weight, sizeof weight, "%d", 1 + (atoi(number) - 2) * 9999 / 262142);
	if (set(dir, "cpu.weight", weight) != 0)
		set(dir, "cpu.shares", number);
}

static void make_quota(const char *percent)
{
	char quota[50];
	dir = group("cpu");
	snprintf(quota, sizeof quota, "%d 100000", atoi(percent) * 1000);
	if (set(dir, "cpu.max", quota) == 0)
		return;
	*strchr(quota, ' ') = '\0';
	set(dir, "cpu.cfs_period_us", "100000");
	set(dir, "cpu.cfs_quota_us", quota);
}

static void join(const char *value)
{
	(void)value;
	set(dir, "cgroup.procs", "0");
}

static void take_away(const char *value)
{
	(void)value;
	rmdir(dir);
}

const struct stage shares_stage = {.option = "--shares=", .before = make_shares, .inside = join, .after = take_away};
const struct stage cpus_stage = {.option = "--cpus=", .before = make_quota, .inside = join, .after = take_away};
