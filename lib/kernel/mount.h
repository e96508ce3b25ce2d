/*
 * Mounts by descriptor (open_tree(2), fsopen(2), move_mount(2), mount_setattr(2)):
 * a mount is made detached, seen by nobody, and put in its place in one step,
 * on a directory that was opened before. No path is looked up twice.
 */
#ifndef CT_MOUNT_H
#define CT_MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>

struct err;

/* A detached copy, private (mount_namespaces(7)), of what stands at path; all gives the descriptor
 * or -1. */
int mount_copy(int dirfd, const char *path, bool recursive, struct err *e);

/*
 * A new file system, detached. options: "size=64k,mode=755" or NULL; attrs:
 * MOUNT_ATTR_*. what names it in errors.
 */
int mount_new(const char *type, const char *options, uint64_t attrs, const char *what,
	      struct err *e);

/* Puts a detached mount on the directory or file that target is (O_PATH will do). */
int mount_attach(int mount, int target, const char *what, struct err *e);

/* Sets attributes of a mount; with all, of those below it too. */
int mount_set(int mount, uint64_t set, bool all, const char *what, struct err *e);

/*
 * Maps the ids of a detached mount through a user namespace (a descriptor of
 * /proc/PID/ns/user). e->sys EINVAL: this file system cannot do that.
 */
int mount_idmap(int mount, int userns, const char *what, struct err *e);

/*
 * A copy of path and all that is mounted below it, its owners mapped (userns -1:
 * as they are), given away a detached mount at a time: `below` is the rest of its
 * path, "" for the first one, then "/sub/dir"; the descriptor is the receiver's.
 * It is one mount with all below it if every file system there can be mapped.
 * One that cannot is bound as it is, nosuid, and named in skipped (a list of
 * paths; mountinfo(5) of this process tells them).
 */
struct strv;
typedef int mount_give(void *arg, int mount, const char *below, struct err *e);
int mount_copy_mapped(const char *path, int userns, mount_give *give, void *arg,
		      struct strv *skipped, struct err *e);

#endif
