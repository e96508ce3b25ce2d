#include "run/barefs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "container/rootfs.h"
#include "container/treepoint.h"
#include "kernel/mount.h"
#include "run/command.h"

#define MADE_MNT \
	"CT_MNT_NS" /* for a nested bare run: the inode number of the mount namespace made for it */

enum { NUMBER_LEN = 24 };

static int number_of_ours(char text[NUMBER_LEN], struct err *e)
{
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		return err_sys(e, "/proc/self/ns/mnt");
	snprintf(text, NUMBER_LEN, "%llu", (unsigned long long)st.st_ino);
	return 0;
}

int barefs_check(struct run *r, struct err *e)
{
	const char *made = r->store ? NULL : getenv(MADE_MNT);
	char ours[NUMBER_LEN];

	if (plan_has_stage(r->plan, STAGE_MNT) ||
	    (made && number_of_ours(ours, e) == 0 && str_equal(ours, made)))
		return 0;
	return err_set(
		e,
		"this stage needs a private mount namespace: add stage mnt here or in an outer ct-run");
}

int barefs_note(struct run *r, struct err *e)
{
	own_str char *made = NULL;
	char number[NUMBER_LEN];

	if (r->store)
		return 0;
	if (number_of_ours(number, e) < 0)
		return -1;
	made = str_fmt(MADE_MNT "=%s", number);
	command_set_env(&r->first.program.env, made);
	return 0;
}

int barefs_enter(const struct run *r, struct err *e)
{
	return plan_has_stage(r->plan, STAGE_MNT) ? 0 : rootfs_private(e);
}

int barefs_stay(struct run *r, struct err *e)
{
	r->first.place.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->first.place.host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r->first.place.root < 0 || r->first.place.host < 0 ? err_sys(e, "/") : 0;
}

int barefs_take_along(const struct run *r, struct err *e)
{
	static const char *const names[] = {"/proc", "/sys", "/dev", NULL};

	for (const char *const *name = names; !r->store && *name; name++) {
		own_fd int at = -1, fd = -1;

		treepoint_uncover(*name);
		at = openat(r->first.place.root, *name + 1,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (at < 0)
			continue;
		fd = mount_copy(r->first.place.host, *name + 1, true, e);
		if (fd < 0 || mount_attach(fd, at, *name, e) < 0)
			return -1;
	}
	return 0;
}
