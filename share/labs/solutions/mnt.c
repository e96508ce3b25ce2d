/* mnt.c: mounts of one's own, and a /proc among them. --mnt, --proc */
#include "box.h"

static void enter(const char *unused)
{
	(void)unused;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		fail("make mounts private");
}

const struct stage mnt_stage = {.option = "--mnt", .flags = CLONE_NEWNS, .inside = enter};

static void mount_proc(const char *unused)
{
	(void)unused;
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		fail("mount /proc");
}

const struct stage proc_stage = {.option = "--proc", .inside = mount_proc};
