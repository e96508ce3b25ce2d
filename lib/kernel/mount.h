/*
 * Mounts by descriptor (open_tree(2), fsopen(2), move_mount(2), mount_setattr(2)). A mount is
 * made detached, so nobody sees it, and attached in one step to a directory that was opened
 * before. No path is looked up twice.
 */
#ifndef CT_MOUNT_H
#define CT_MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>

struct buf;
struct err;

/*
 * Makes a detached private copy (mount_namespaces(7)) of the mount at path, for a bind mount.
 * With an empty path, dirfd is the source. Returns its descriptor, or -1; so do the other
 * functions that make mounts.
 */
int mount_copy(int dirfd, const char *path, bool recursive, struct err *e);
/* The same with attributes (MOUNT_ATTR_*), of the mounts below it too if recursive. */
int mount_copy_set(int dirfd, const char *path, bool recursive, uint64_t attrs, struct err *e);

/* The same without attributes, with the propagation of the source: a copy of a shared mount is
 * shared. */
int mount_clone(int dirfd, const char *path, bool recursive, struct err *e);

/* Applies options to a detached mount: attributes, then the propagation. A bind mount without a
 * propagation becomes private, with the mounts below it. */
struct mountflags;
int mount_apply(int mount, const struct mountflags *f, const char *what, struct err *e);

/*
 * Mounts a new file system, detached. options: "size=64k,mode=755" or NULL; attrs:
 * MOUNT_ATTR_*; what: the mount, for messages.
 */
int mount_new(const char *type, const char *options, uint64_t attrs, const char *what,
	      struct err *e);
/* The same with a source: a block device, or a name for findmnt(8). */
int mount_new_from(const char *type, const char *source, const char *options, uint64_t attrs,
		   const char *what, struct err *e);

/* Attaches a detached mount to the open directory or file `target` (O_PATH suffices). */
int mount_attach(int mount, int target, const char *what, struct err *e);

/* Sets attributes of a mount; with `all` also of the mounts below it. */
int mount_set(int mount, uint64_t set, bool all, const char *what, struct err *e);

/*
 * Makes a detached mount an idmapped mount. userns: a descriptor of /proc/PID/ns/user. e->sys
 * EINVAL: the file system does not support idmapped mounts.
 */
int mount_idmap(int mount, int userns, const char *what, struct err *e);
/* The same for the mounts below it, too. */
int mount_idmap_all(int mount, int userns, const char *what, struct err *e);

/*
 * Copies the mount at path and all mounts below it, idmapped (userns -1: not mapped). `give`
 * receives each detached mount with its path below `path`: "" for the first, then "/sub/dir".
 * The receiver owns the descriptor.
 *
 * The result is one mount tree if every file system in it supports idmapped mounts. Otherwise
 * each mount is copied separately; the mount points below the path (from mountinfo(5) of this
 * process) are opened beneath it. A mount whose file system has no support is bound unmapped with
 * nosuid, and its path is added to skipped.
 */
struct strv;
typedef int mount_give(void *arg, int mount, const char *below, struct err *e);
int mount_copy_mapped(const char *path, int userns, mount_give *give, void *arg,
		      struct strv *skipped, struct err *e);

/* Lists the mount points of this process below a path. */
int mount_list_below(const char *path, struct strv *found, struct err *e);

/* Adds ",ro,nosuid" and the like for attributes, as mount(8) takes them after "remount,bind". */
void mount_options(uint64_t attrs, struct buf *to);

#endif
