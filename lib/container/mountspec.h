/*
 * What a user mounts into a container: -v SRC:DST[:ro] (or NAME:DST, volstore.h), --tmpfs
 * DST[:OPTIONS],
 * --device SRC[:DST]. Read here into their parts.
 */
#ifndef CT_MOUNTSPEC_H
#define CT_MOUNTSPEC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

struct err;

struct mountspec {
	char *source;  /* absolute; NULL for a tmpfs, or for a volume by name */
	char *name;    /* of a volume of the store's; NULL: none */
	char *target;  /* in the container, as mountspec_target gives it */
	char *options; /* tmpfs: "size=64m,mode=1777" */
	bool read_only;
};

void mountspec_free(struct mountspec *v);
#define own_mountspec __attribute__((cleanup(mountspec_free)))

/*
 * A mount target in its one spelling, without "." and slashes too many; the caller frees it.
 * NULL: not a target, which is an absolute path without ".." that does not cover the
 * kernel's own files (/proc and what is in it, /dev, /sys).
 */
char *mountspec_target(const char *path);

/* Whether the source of SOURCE:TARGET is a path, as it begins with "." or has a slash; else it is a
 * volume's name. */
bool mountspec_is_path(const char *text);

/*
 * Takes a target for one mount; taken is a list of targets, and after each what has it.
 * A second mount there would hide the first one, and is refused.
 */
int mountspec_take_place(struct strv *taken, const char *target, const char *option,
			 const char *text, struct err *e);

int mountspec_read(const char *text, struct mountspec *v, struct err *e);
int mountspec_read_tmpfs(const char *text, struct mountspec *v, struct err *e);
int mountspec_read_device(const char *text, struct mountspec *v, struct err *e);

/* The same where links of this root file system lead: one on /var/run and one on /run hide each
 * other, too. */
struct plan;
int mountspec_check_places(const struct plan *plan, int rootfs, struct err *e);

/*
 * A detached file system with one device node, `node`, like the source, made anew with the
 * container's root (host ids) as its owner: the host's own node would belong
 * to nobody inside.
 */
int mountspec_mount_device(const char *source, uid_t owner, gid_t group, struct err *e);

#endif
