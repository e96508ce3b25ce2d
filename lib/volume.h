/*
 * What a user mounts into a container: -v SRC:DST[:ro] (or NAME:DST, data.h), --tmpfs DST[:OPTIONS],
 * --device SRC[:DST]. Read here into their parts, and opened as detached
 * mounts with the host's rights.
 */
#ifndef CT_VOLUME_H
#define CT_VOLUME_H

#include <stdbool.h>
#include <sys/types.h>

#include "mount.h"
#include "str.h"

struct err;

struct volume {
	char *source;		/* absolute; NULL for a tmpfs, or for a volume by name */
	char *name;		/* of a volume of the store's; NULL: none */
	char *target;		/* absolute, in the container */
	char *options;		/* tmpfs: "size=64m,mode=1777" */
	bool read_only;
};

void volume_free(struct volume *v);
#define own_volume __attribute__((cleanup(volume_free)))

/*
 * Where something may be mounted: an absolute path without "..", that does not
 * cover the kernel's own files (/proc and what is in it, /dev, /sys).
 */
bool volume_check_target(const char *path);

int volume_read(const char *text, struct volume *v, struct err *e);
int volume_read_tmpfs(const char *text, struct volume *v, struct err *e);
int volume_read_device(const char *text, struct volume *v, struct err *e);

/* A detached mount of the source and all below it, owners as they are. */
int volume_mount(const struct volume *v, struct err *e);
/*
 * The same with its owners mapped through the user namespace (-1: as they are),
 * given away a mount at a time, each with its target (mount_copy_mapped).
 */
int volume_mount_mapped(const struct volume *v, int userns, mount_give *give, void *arg, struct strv *skipped,
			struct err *e);

/*
 * A detached file system with one device node, `node`, like the source, made anew with the
 * container's root (host ids) as its owner: the host's own node would belong
 * to nobody inside.
 */
int volume_mount_device(const struct volume *v, uid_t owner, gid_t group, struct err *e);

#endif
