/*
 * The options of a mount that every file system has (mount(8), mount_setattr(2)): what -v, --mount
 * and the mounts of an OCI bundle have in common.
 */
#ifndef CT_MOUNTFLAGS_H
#define CT_MOUNTFLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOUNTFLAGS_NAME = 24 };

struct mountflags {
	/* MOUNT_ATTR_*, set and cleared on the mount itself. A kind of atime is in both: the kernel
	 * requires MOUNT_ATTR__ATIME to be cleared. */
	uint64_t set, clear;
	/* The same for the mount and all mounts below it ("rro", "rnosuid", "rnoatime"). */
	uint64_t all_set, all_clear;
	/* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE; 0: none is given (a mount is private) */
	unsigned long propagation;
	bool propagation_all; /* "rshared": of the mounts below it, too */
	bool bind;            /* "bind" or "rbind" */
	bool recursive;       /* "rbind": with the mounts below the source */
	bool copy_up;         /* "tmpcopyup": the tmpfs begins with a copy of what it covers */
	bool copy_link;       /* "copy-symlink": a source that is a link is copied as a link */
	bool map, map_all;    /* "idmap", "ridmap": an idmapped mount */
};

/*
 * Adds an option to the flags: 1; 0 if it is not one of these, but of the file system ("size=64m").
 * A later option overrides an earlier one ("ro", then "rw").
 */
int mountflags_read(const char *option, struct mountflags *f);

/* The i-th option that mountflags_read knows, in `name` where it is made; NULL: there are fewer. */
const char *mountflags_name(size_t i, char name[MOUNTFLAGS_NAME]);

#endif
