/*
 * Parses the mounts that a user asks for: -v [SRC:]DST[:OPTIONS] (or NAME:DST, volstore.h), --tmpfs
 * DST[:OPTIONS], --device SRC[:DST]. mountlong.h parses --mount.
 */
#ifndef CT_MOUNTSPEC_H
#define CT_MOUNTSPEC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

struct err;

struct mountspec {
	/* Without both, the volume belongs to the container and is removed with it. */
	char *source;  /* absolute path; NULL for a tmpfs or a named volume */
	char *name;    /* name of a volume in the store, or NULL */
	char *target;  /* path in the container, from mountspec_target */
	char *options; /* tmpfs: "size=64m,mode=1777" */
	bool read_only;
	bool no_copy;              /* a new named volume stays empty */
	unsigned long propagation; /* of a source: MS_SHARED, MS_SLAVE or MS_PRIVATE; 0: private */
	bool propagation_all;      /* of the mounts below it, too */
};

void mountspec_free(struct mountspec *v);
#define own_mountspec __attribute__((cleanup(mountspec_free)))

/*
 * Normalises a mount target: removes "." and extra slashes. Returns NULL if the path is not a valid
 * target: it must be absolute, without "..", and must not cover the kernel's files (/proc and
 * everything in it, /dev, /sys). The caller frees the result.
 */
char *mountspec_target(const char *path);

/*
 * Whether the source of SOURCE:TARGET is a path: it begins with "." or contains a slash. Otherwise
 * it is the name of a volume.
 */
bool mountspec_is_path(const char *text);

/*
 * Whether a target is free, and reserving it for one mount. taken is a list of pairs: a target, and
 * the mount that has it. A second mount at the same target would hide the first, and is refused.
 */
int mountspec_check_place(const struct strv *taken, const char *target, const char *option,
			  const char *text, struct err *e);
int mountspec_take_place(struct strv *taken, const char *target, const char *option,
			 const char *text, struct err *e);

/* Finishes a mount of a host path: resolves the source, and refuses what cannot be recorded. */
int mountspec_find_source(struct mountspec *v, const char *path, struct err *e);
/* Replaces v->target by its normalised form. text: the whole option, for messages. */
int mountspec_clean_target(struct mountspec *v, const char *text, struct err *e);
/* Reads "rslave" and the like: 1; 0 if the word is no propagation; -1 if it is a second one. text:
 * as above. */
int mountspec_read_propagation(struct mountspec *v, const char *word, const char *text,
			       struct err *e);
/* The propagation as a word; NULL: private, as without the option. */
const char *mountspec_propagation(const struct mountspec *v);

int mountspec_read(const char *text, struct mountspec *v, struct err *e);
int mountspec_read_tmpfs(const char *text, struct mountspec *v, struct err *e);
int mountspec_read_device(const char *text, struct mountspec *v, struct err *e);

/*
 * Makes a detached file system with one device node, `node`, for the same device as the source. Its
 * owner is the container's root (as host ids), because the host's own node would belong to nobody
 * inside.
 */
int mountspec_mount_device(const char *source, uid_t owner, gid_t group, struct err *e);

#endif
