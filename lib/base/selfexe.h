/*
 * The program that runs, out of a container's reach: /proc/PID/exe of a process
 * on its way into a container leads to the host's file of ct, which root without
 * a user namespace could write (the class of CVE-2019-5736).
 */
#ifndef CT_SELFEXE_H
#define CT_SELFEXE_H

#include <stdbool.h>

struct err;

/*
 * Copies of main's arguments, to be used instead of them: selfexe_retitle writes over those. The
 * list is the caller's to reorder, and lives as long as the process.
 */
char **selfexe_take_args(char **argv);

/* The program's name as it was called, without directories: "ct-run". */
const char *selfexe_name(void);

/*
 * What every user of the host sees in ps(1) from now on, instead of the arguments, which may
 * hold secrets. Children that do not execute anything inherit it.
 */
void selfexe_retitle(const char *title);
/* The same as "ct-run: WHAT". */
void selfexe_show(const char *what);

/*
 * Executes this program again, with the same arguments, from a sealed copy of it
 * in memory (memfd_create(2)); returns 0 if that is where it runs already.
 * Call it before anything is made or read. Does not return on success.
 */
int selfexe_seal(struct err *e);
bool selfexe_sealed(void);

/* The path of another program, in the directory that this one is in; NULL if that cannot be told.
 * The caller frees it. */
char *selfexe_beside(const char *name);

#endif
