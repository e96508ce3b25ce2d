/*
 * What a container's file tree consists of: one list of entries, computed from the plan, in
 * the order in which they are mounted. Its readers: the supervisor (hostmounts.h) makes the
 * mounts that need the host's rights; the first process (treemount.h) attaches those and
 * makes the others; --explain and --dry-run (rootrecipe.h) print the list as shell;
 * ct-cp (ctrview.h) mounts what can be seen from outside.
 */
#ifndef CT_FILETREE_H
#define CT_FILETREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct plan;

enum fsentry_kind {
	FSENTRY_BIND,      /* a bind mount of a file or a directory */
	FSENTRY_NEW,       /* a new file system of `type` */
	FSENTRY_NODE,      /* a device node of the host, lent: its owner and mode cannot be changed
			      inside */
	FSENTRY_ALL_NODES, /* every device node beneath the host's /dev, in the same way */
	FSENTRY_DEVICE,    /* a new device node like `source`, owned by the container's root */
	FSENTRY_LINK,      /* a symbolic link to `source` */
	FSENTRY_MASK,      /* hidden: an empty directory, or /dev/null, over what is there */
	FSENTRY_READ_ONLY, /* what is there, made read-only */
	FSENTRY_FILES,     /* the file system that the entries FSENTRY_STATE are files of; it is not
			      seen itself */
	FSENTRY_MARK, /* an empty file, made if nothing is there; left out where it cannot be */
};

/* What `source` is relative to. */
enum fsentry_from {
	FSENTRY_HOST,   /* the host's file system, as the user named it */
	FSENTRY_HOME,   /* the container's directory in the store (CT_ROOT/ps_N) */
	FSENTRY_STATE,  /* its file system for the files of /etc (etcdir.h) */
	FSENTRY_VOLUME, /* `source` names a volume of the store */
};

/* When an entry is mounted: in this order, which is that of the list. */
enum fsentry_phase {
	FSENTRY_ROOT,   /* the root directory itself: stage root */
	FSENTRY_KERNEL, /* the kernel's file systems: stage proc, while the host's tree can be
			   reached */
	FSENTRY_USER,   /* what the image and the user mount: once the host's tree is gone */
	FSENTRY_LAST,   /* before the program is executed */
};

struct fsentry {
	enum fsentry_kind kind;
	enum fsentry_phase phase;
	enum fsentry_from from;
	char *source;
	char *target;         /* absolute, in the container; "/": its root directory */
	const char *type;     /* FSENTRY_NEW: "proc" */
	char *options;        /* FSENTRY_NEW: "size=64k,mode=755"; NULL: none */
	const char *fallback; /* options for a kernel or a user namespace that refuses those; NULL:
				 none */
	uint64_t attrs; /* MOUNT_ATTR_*: set on the mount, and on those below a recursive bind */
	bool recursive; /* bind what is mounted below the source, too */
	bool mapped;    /* owners go through the container's user namespace */
	bool optional;  /* skipped if the kernel does not have it */
	bool lent; /* FSENTRY_NEW: where only another namespace's owner may mount it, the host's is
		      bound */
	bool from_outside; /* the supervisor prepares the mount, with the host's rights */

	/* The detached mounts that the supervisor has prepared: the source's, then those below it. */
	struct fsmount {
		int fd;
		char *below; /* "" or "/dir": behind the target */
	} * mounts;
	size_t mounts_n;
};

struct filetree {
	struct fsentry *v;
	size_t n;
};

/* What the tree depends on besides the plan; for a run on this host filled by filetree_host. */
struct filetree_host {
	bool recorded; /* the container is in a store: it has files of its own for /etc */
	bool cgroup2;  /* the host has cgroup v2 alone */
	bool may_miss; /* a volume's source may be gone: the entry's source is NULL then */
};

struct filetree_host filetree_host(bool recorded);

/* Fails if a volume, a tmpfs or a device of the plan cannot be read, or if its source is gone. */
int filetree_build(struct filetree *t, const struct plan *p, const struct filetree_host *host,
		   struct err *e);
void filetree_free(struct filetree *t);
#define own_filetree __attribute__((cleanup(filetree_free)))

/*
 * Fails if two mounts of the user's have one target once the symbolic links of the root file system
 * are followed: if /var/run is a link to /run, mounts on both would hide each other.
 */
int filetree_check_places(const struct filetree *t, int rootfs, struct err *e);

/* Adds a prepared mount to an entry; the descriptor is the tree's from then on. */
void fsentry_add_mount(struct fsentry *entry, int fd, const char *below);

/* "/dev" contains "/dev" and "/dev/null". */
bool fsentry_contains(const char *top, const char *path);

#endif
