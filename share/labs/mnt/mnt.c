/* mnt.c: mounts of one's own, and a /proc among them. --mnt, --proc */
#include "box.h"

static void enter(const char *unused)
{
	(void)unused;
	/* Here: nothing that is mounted in here may reach the host. */
}

const struct stage mnt_stage = {
	.option = "--mnt",
	.flags = 0,		/* Here: which namespace? */
	.inside = enter,
};

static void mount_proc(const char *unused)
{
	(void)unused;
	/* Here: mount a proc at /proc. */
}

const struct stage proc_stage = {.option = "--proc", .inside = mount_proc};
