/* root.c: another root directory, out of which no path leads. --root=DIR (with --mnt) */
#include "box.h"

static void enter(const char *dir)
{
	if (mount(dir, dir, NULL, MS_BIND | MS_REC, NULL) != 0)
		fail(dir);
	if (chdir(dir) != 0)
		fail(dir);
	if (syscall(SYS_pivot_root, ".", ".") != 0)
		fail("pivot_root");
	if (umount2(".", MNT_DETACH) != 0)
		fail("umount of the old root");
	if (chdir("/") != 0)
		fail("/");
}

const struct stage root_stage = {.option = "--root=", .inside = enter};
