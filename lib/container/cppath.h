/*
 * Finds the source and the destination of a copy, on the host or in a container, by the rules of
 * podman cp. Each path is looked up once; after that only descriptors are used.
 */
#ifndef CT_CPPATH_H
#define CT_CPPATH_H

#include <stdbool.h>

struct err;

struct cppath {
	int root; /* a container's root directory, out of which no link leads; -1: the host's root */
	const char *path;
	const char *shown; /* the operand, for messages */
};

/* The file that a path names; symbolic links are followed. */
struct source {
	int fd; /* O_PATH */
	bool dir;
	char *name; /* the last part of the path; NULL: copy the content ("DIR/.", "/") */
};

int source_find(const struct cppath *p, struct source *s, struct err *e);
void source_close(struct source *s);
#define own_source __attribute__((cleanup(source_close)))

/* The directory into which the copy goes, and the name of the copy in it. */
struct dest {
	int dir;    /* O_PATH */
	char *name; /* NULL: the content of the source goes into dir itself */
};

/*
 * If the path is an existing directory, the source goes into it under its own name, or the content
 * of the source if s->name is NULL. An existing file is replaced (the target of a link, not the
 * link), but not by a directory. If the path does not exist, the copy gets this name; the parent
 * directory must exist, and a path with a trailing "/" needs a directory as source.
 */
int dest_find(const struct cppath *p, const struct source *s, struct dest *d, struct err *e);
/* The destination of an archive: an existing directory. */
int dest_find_dir(const struct cppath *p, struct dest *d, struct err *e);
void dest_close(struct dest *d);
#define own_dest __attribute__((cleanup(dest_close)))

#endif
