/*
 * Walks untrusted file trees. Each file is opened without following symbolic links,
 * identified, and only then read, through the same descriptor. A process that changes the
 * tree meanwhile can falsify what the walk finds, but cannot lead the walk out of the tree
 * or make it open a FIFO or a device.
 *
 *	own_treewalk struct treewalk w = {.visit = visit};
 *	own_walked struct walked top = {.fd = -1};
 *
 *	treewalk_begin(&w, dir, path, &top, e)
 *	treewalk_into(&w, &top, here, e)
 *
 * treewalk_into calls visit for each entry; visit calls treewalk_into for each
 * directory to enter.
 */
#ifndef CT_TREEWALK_H
#define CT_TREEWALK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/str.h"

struct err;
struct treewalk;

/* A visited file. */
struct walked {
	int fd;           /* a directory: open for reading; any other kind: O_PATH */
	const char *name; /* within its directory; "." for the top */
	struct statx st;
	bool mounted; /* a mount point: what is mounted there is not part of the tree */
};

/* here: the argument of treewalk_into. */
typedef int treewalk_visit(struct treewalk *w, const struct walked *f, void *here, struct err *e);

struct treewalk {
	treewalk_visit *visit;
	bool live;       /* the tree is in use: skip files that disappear */
	struct buf path; /* current path: the user's name for the top, then the path beneath it */
	size_t top;      /* length of the top's part of path */
	int depth;       /* directories entered */
	uint64_t mount;
	const uint64_t
		*mounts; /* ids of other mounts that belong to the tree (statx(2)); may be NULL */
	size_t mounts_n;
	void *links;
};

/*
 * Starts a walk at `from` (a descriptor of any file, O_PATH suffices), called path in messages.
 * file receives the top.
 */
int treewalk_begin(struct treewalk *w, int from, const char *path, struct walked *file,
		   struct err *e);
void treewalk_end(struct treewalk *w);
#define own_treewalk __attribute__((cleanup(treewalk_end)))
void walked_close(struct walked *f);
#define own_walked __attribute__((cleanup(walked_close)))

/*
 * Visits the entries of a directory, in no order. One descriptor for each level stays open;
 * more than 1000 levels are an error.
 */
int treewalk_into(struct treewalk *w, const struct walked *dir, void *here, struct err *e);

/* The current path beneath the top; "." for the top. */
const char *treewalk_below(const struct treewalk *w);
/*
 * Fills in an error at the current path: "DOING PATH: errno's text". Of a very long path
 * only the end is shown.
 */
int treewalk_failed(const struct treewalk *w, const char *doing, struct err *e);

/*
 * The path beneath the top under which this inode was visited first; NULL if
 * this is the first time.
 */
const char *treewalk_earlier(struct treewalk *w, const struct walked *f);
bool treewalk_same(const struct statx *a, const struct statx *b);

/* Reads where a visited symbolic link leads; gives the length, or -1. */
ssize_t treewalk_read_link(const struct treewalk *w, const struct walked *f,
			   char target[PATH_MAX + 1], struct err *e);

/*
 * Opens a visited regular file for reading: the same file, even if its name
 * leads elsewhere now.
 */
int treewalk_open(const struct treewalk *w, const struct walked *f, struct err *e);

/*
 * Calls one for each extended attribute that belongs to the file; attributes that belong to its
 * file system are skipped. -1 with errno from one ends the calls.
 */
typedef int treewalk_attribute(const char *name, const void *value, size_t n, void *arg);
int treewalk_attributes(const struct treewalk *w, const struct walked *f, treewalk_attribute *one,
			void *arg, struct err *e);

#endif
