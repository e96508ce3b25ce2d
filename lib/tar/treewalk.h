/*
 * Walks through trees of files that nobody vouches for: each file is held by a
 * descriptor that was opened without following a link, told what it is, and
 * only then read, by that descriptor. Whoever changes the tree meanwhile can
 * spoil what is found, but cannot lead the walk out of it, nor to open a FIFO
 * or a device.
 *
 *	own_treewalk struct treewalk w = {.visit = visit};
 *	own_walked struct walked top = {.fd = -1};
 *
 *	treewalk_begin(&w, dir, path, &top, e)
 *	treewalk_into(&w, &top, here, e)		calls visit for each entry, which calls
 *treewalk_into for those that are directories and are to be entered
 */
#ifndef CT_TREEWALK_H
#define CT_TREEWALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/str.h"

struct err;
struct treewalk;

/* A file met on the way. */
struct walked {
	int fd;           /* a directory: opened for reading; any other kind: O_PATH */
	const char *name; /* in its directory; "." at the top */
	struct statx st;
	bool mounted; /* something is mounted here: it is not of the tree */
};

/* here: what the caller of treewalk_into gave. */
typedef int treewalk_visit(struct treewalk *w, const struct walked *f, void *here, struct err *e);

struct treewalk {
	treewalk_visit *visit;
	bool live;       /* the tree is in use: what is gone by the time it is met is passed over */
	struct buf path; /* where it is now: as the user called the top, then beneath it */
	size_t top;      /* how much of path is the top */
	int depth;       /* directories that it is in */
	uint64_t mount;
	const uint64_t
		*mounts; /* ids of other mounts that belong to the tree (statx(2)); may be NULL */
	size_t mounts_n;
	void *links;
};

/* The top, in file: a descriptor (O_PATH will do) of a file of any kind, called path in messages. */
int treewalk_begin(struct treewalk *w, int from, const char *path, struct walked *file,
		   struct err *e);
void treewalk_end(struct treewalk *w);
#define own_treewalk __attribute__((cleanup(treewalk_end)))
void walked_close(struct walked *f);
#define own_walked __attribute__((cleanup(walked_close)))

/* Visits what is in a directory, in no order. One descriptor a level is held; more than 1000 levels
 * are an error. */
int treewalk_into(struct treewalk *w, const struct walked *dir, void *here, struct err *e);

/* Where the walk is, beneath the top; "." there. */
const char *treewalk_below(const struct treewalk *w);
/* An error at where the walk is: "DOING PATH: errno's text"; of a very long path the end is shown. */
int treewalk_failed(const struct treewalk *w, const char *doing, struct err *e);

/* The name (beneath the top) by which this inode was met first; NULL if that is now. */
const char *treewalk_earlier(struct treewalk *w, const struct walked *f);
bool treewalk_same(const struct statx *a, const struct statx *b);

/* A descriptor to read a regular file by: of that very file, whatever stands in its place by now. */
int treewalk_open(const struct treewalk *w, const struct walked *f, struct err *e);

/*
 * Calls one for each extended attribute that belongs to the file (the others
 * are its file system's own). one gives -1 with errno, which ends it.
 */
typedef int treewalk_attribute(const char *name, const void *value, size_t n, void *arg);
int treewalk_attributes(const struct treewalk *w, const struct walked *f, treewalk_attribute *one,
			void *arg, struct err *e);

#endif
