/*
 * Walks through trees of files that nobody vouches for: each file is held by a
 * descriptor that was opened without following a link, told what it is, and
 * only then read, by that descriptor. Whoever changes the tree meanwhile can
 * spoil what is found, but cannot lead the walk out of it, nor to open a FIFO
 * or a device.
 *
 *	own_walk struct walk w = {.visit = visit};
 *	own_walked struct walked top = {.fd = -1};
 *
 *	walk_begin(&w, dir, path, &top, e)
 *	walk_into(&w, &top, here, e)		calls visit for each entry, which calls walk_into for those
 *						that are directories and are to be entered
 */
#ifndef CT_WALK_H
#define CT_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "str.h"

struct err;
struct walk;

/* A file met on the way. */
struct walked {
	int fd;			/* a directory: opened for reading; any other kind: O_PATH */
	const char *name;	/* in its directory; "." at the top */
	struct statx st;
	bool mounted;		/* something is mounted here: it is not of the tree */
};

/* here: what the caller of walk_into gave. */
typedef int walk_visit(struct walk *w, const struct walked *f, void *here, struct err *e);

struct walk {
	walk_visit *visit;
	bool live;		/* the tree is in use: what is gone by the time it is met is passed over */
	struct buf path;	/* where it is now: as the user called the top, then beneath it */
	size_t top;		/* how much of path is the top */
	int depth;		/* directories that it is in */
	uint64_t mount;
	void *links;
};

/* The top, in file: a descriptor (O_PATH will do) of a file of any kind, called path in messages. */
int walk_begin(struct walk *w, int from, const char *path, struct walked *file, struct err *e);
void walk_end(struct walk *w);
#define own_walk __attribute__((cleanup(walk_end)))
void walked_close(struct walked *f);
#define own_walked __attribute__((cleanup(walked_close)))

/* Visits what is in a directory, in no order. One descriptor a level is held; more than 1000 levels are an error. */
int walk_into(struct walk *w, const struct walked *dir, void *here, struct err *e);

/* Where the walk is, beneath the top; "." there. */
const char *walk_below(const struct walk *w);
/* An error at where the walk is: "DOING PATH: errno's text"; of a very long path the end is shown. */
int walk_failed(const struct walk *w, const char *doing, struct err *e);

/* The name (beneath the top) by which this inode was met first; NULL if that is now. */
const char *walk_earlier(struct walk *w, const struct walked *f);
bool walk_same(const struct statx *a, const struct statx *b);

/* A descriptor to read a regular file by: of that very file, whatever stands in its place by now. */
int walk_open(const struct walk *w, const struct walked *f, struct err *e);

/*
 * Calls one for each extended attribute that belongs to the file (the others
 * are its file system's own). one gives -1 with errno, which ends it.
 */
typedef int walk_attribute(const char *name, const void *value, size_t n, void *arg);
int walk_attributes(const struct walk *w, const struct walked *f, walk_attribute *one, void *arg, struct err *e);

#endif
