/*
 * Where a copy comes from and where it goes, by the rules of podman cp, on the
 * host or in a container: looked up once, and from then on descriptors.
 */
#ifndef CT_CPPATH_H
#define CT_CPPATH_H

#include <stdbool.h>

struct err;

struct cppath {
	int root; /* a container's root directory, which no link leads out of; -1: the host's */
	const char *path;
	const char *shown; /* the operand, for messages */
};

/* The file that a path names, links followed. */
struct source {
	int fd; /* O_PATH */
	bool dir;
	char *name; /* the last of its path; NULL: what is in it is meant ("DIR/.", "/") */
};

int source_find(const struct cppath *p, struct source *s, struct err *e);
void source_close(struct source *s);
#define own_source __attribute__((cleanup(source_close)))

/* The directory that a copy goes to, and what it is called there. */
struct dest {
	int dir;    /* O_PATH */
	char *name; /* NULL: what is in the source goes into dir itself */
};

/*
 * An existing directory: the source goes into it by its own name, or what is
 * in the source if that is meant. An existing file: it is replaced (what the path's
 * links lead to, not the link); a directory does not replace it. Nothing there:
 * the source gets that name, in a directory that must exist; with "/" at the
 * end only a directory does.
 */
int dest_find(const struct cppath *p, const struct source *s, struct dest *d, struct err *e);
/* For an archive: a directory that is there. */
int dest_find_dir(const struct cppath *p, struct dest *d, struct err *e);
void dest_close(struct dest *d);
#define own_dest __attribute__((cleanup(dest_close)))

#endif
