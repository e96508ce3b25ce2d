/* The parts of ct-run and ct-create. */
#ifndef CT_CMD_RUN_H
#define CT_CMD_RUN_H

#include "run/runopts.h"
#include "run/supervise.h"

struct opt_program;

/*
 * run-new.c: makes a container as the arguments say, and runs it, or with `create` leaves it to
 * ct-start. Returns the exit status.
 */
int run_new(const struct opt_program *program, int argc, char **argv, bool create);

/* run-aside.c: the other modes of ct-run. Each returns the exit status. */

/* Some stages on a directory (--rootfs with --only or --without). */
int run_bare(const struct runopts *opts, char **operands);
/* --dry-run. ref: the image; NULL with --rootfs. */
int run_dry(const struct runopts *opts, const char *ref, char **operands);
/* --only snapshot, and ct-create: makes a container and runs nothing. */
int run_nothing(struct supervise *l);

/* run-announce.c */

/* The file of --cidfile. */
struct cidfile {
	const char *path;
	int fd; /* -1: none */
};

/* path NULL: none. The file must not be there. */
int cidfile_open(struct cidfile *c, const char *path, struct err *e);
/* Removes the file if no id was written to it: no container was made. */
void cidfile_close(struct cidfile *c);
#define own_cidfile __attribute__((cleanup(cidfile_close)))

/* Once the program runs: writes the id to the struct cidfile that l->arg points to, and prints the
 * notes. */
int announce_start(struct supervise *l, struct err *e);
/*
 * The same for a run that prints its id. This happens before the run is reported as started: if the
 * id cannot be printed, the container is removed.
 */
int announce_id(struct supervise *l, struct err *e);

/* Prints the notes and empties the list. */
void announce_notes(struct strv *notes);

#endif
