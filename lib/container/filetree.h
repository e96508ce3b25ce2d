/*
 * The parts of a container's file tree: one list of entries, computed from the plan, in the order
 * of mounting. Its readers: the supervisor (hostmounts.h) makes the mounts that need privileges on
 * the host; the first process (treemount.h) attaches these mounts and makes the others; --explain
 * and --dry-run (rootrecipe.h) print the list as shell; ct-cp (ctrview.h) mounts the entries that
 * are visible from outside.
 */
#ifndef CT_FILETREE_H
#define CT_FILETREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bundle_device;
struct bundle_mount;
struct err;
struct plan;

enum fsentry_kind {
	FSENTRY_BIND,      /* a bind mount of a file or a directory */
	FSENTRY_NEW,       /* a new file system of `type` */
	FSENTRY_NODE,      /* a bind mount of a host's device node, whose owner and mode cannot be
			      changed inside */
	FSENTRY_ALL_NODES, /* the same for every device node beneath the host's /dev */
	FSENTRY_DEVICE,    /* a new device node like `source`, owned by the container's root */
	FSENTRY_LINK,      /* a symbolic link to `source` */
	FSENTRY_MASK,      /* an empty directory or /dev/null, mounted over the target to hide it */
	FSENTRY_READ_ONLY, /* a read-only mount of the target over itself */
	FSENTRY_FILES,     /* the file system with the FSENTRY_STATE files; not visible itself */
	FSENTRY_MARK,      /* an empty file, made if the target is missing; skipped on failure */
};

/* What `source` is relative to. */
enum fsentry_from {
	FSENTRY_HOST,   /* the host's file system, as the user named it */
	FSENTRY_HOME,   /* the container's directory in the store (CT_ROOT/ps_N) */
	FSENTRY_STATE,  /* the run's file system for files of /etc (etcdir.h) */
	FSENTRY_VOLUME, /* `source` names a volume of the store */
	FSENTRY_OTHER,  /* the root of the container whose namespaces are shared */
};

/* The phase in which an entry is mounted; the list has the same order. */
enum fsentry_phase {
	FSENTRY_ROOT,   /* the root directory itself: stage root */
	FSENTRY_KERNEL, /* kernel file systems: stage proc, while the host's tree is reachable */
	FSENTRY_USER,   /* mounts of the image and the user: after the host's tree is gone */
	FSENTRY_LAST,   /* right before the program is executed */
	FSENTRY_LISTED, /* an OCI bundle's, in the listed order, before the root becomes "/" */
};

struct fsentry {
	enum fsentry_kind kind;
	enum fsentry_phase phase;
	enum fsentry_from from;
	char *source;
	char *target;     /* absolute, in the container; "/": its root directory */
	const char *type; /* "proc": of FSENTRY_NEW, and of a kernel file system that is bound */
	char *options;    /* FSENTRY_NEW: "size=64k,mode=755"; NULL: none */
	const char *fallback; /* used if the kernel refuses options; NULL: none */
	uint64_t attrs; /* MOUNT_ATTR_*: set on the mount, and on those below a recursive bind */
	bool recursive; /* bind the mounts below the source, too */
	bool mapped;    /* an idmapped mount with the map of the user namespace */
	bool optional;  /* skipped if the kernel does not have it */
	bool lent;      /* FSENTRY_NEW: if this user namespace may not mount it, bind the host's */
	bool no_copy;   /* FSENTRY_VOLUME: a new volume stays empty */
	unsigned long propagation; /* MS_SHARED or MS_SLAVE; 0: private */
	bool propagation_all;      /* of the mounts below it, too */
	bool from_outside;         /* the supervisor makes the mount, with privileges on the host */
	const struct bundle_mount *mount;   /* FSENTRY_LISTED: the rest of a mount's options */
	const struct bundle_device *device; /* FSENTRY_LISTED: the node of FSENTRY_DEVICE */

	/* The detached mounts made by the supervisor: of the source, then those below it. */
	struct fsmount {
		int fd;
		char *below; /* "" or "/dir": appended to the target */
	} * mounts;
	size_t mounts_n;
};

struct filetree {
	struct fsentry *v;
	size_t n;
	int (*open)(void *arg, size_t entry, struct err *e); /* before an entry from outside that
								has no mount yet; NULL: all have */
	void *open_arg;
	void (*mounted)(void *arg, size_t entry); /* called after each entry; NULL: not wanted */
	void *mounted_arg;
};

/* Other inputs of the list than the plan; filetree_host fills them in for a run on this host. */
struct filetree_host {
	bool recorded; /* the container is in the store, so it has its own files of /etc */
	bool cgroup2;  /* the host has only cgroup v2 */
	bool may_miss; /* the source of a volume may be missing: entry->source is NULL then */
};

struct filetree_host filetree_host(bool recorded);

/* Fails if a volume, a tmpfs or a device of the plan is invalid, or its source is missing. */
int filetree_build(struct filetree *t, const struct plan *p, const struct filetree_host *host,
		   struct err *e);
void filetree_add(struct filetree *t, const struct fsentry *entry);
void filetree_free(struct filetree *t);
#define own_filetree __attribute__((cleanup(filetree_free)))

/*
 * Fails if two mounts of the user have the same target after symbolic links of the root file system
 * were followed: if /var/run is a link to /run, mounts on both would hide each other.
 */
int filetree_check_places(const struct filetree *t, int rootfs, struct err *e);

/* Adds a mount to an entry. The tree takes ownership of the descriptor. */
void fsentry_add_mount(struct fsentry *entry, int fd, const char *below);

/* "/dev" contains "/dev" and "/dev/null". */
bool fsentry_contains(const char *top, const char *path);

#endif
