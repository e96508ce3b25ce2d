/*
 * The program that runs, out of a container's reach: /proc/PID/exe of a process
 * on its way into a container leads to the host's file of ct, which root without
 * a user namespace could write (the class of CVE-2019-5736).
 */
#ifndef CT_EXE_H
#define CT_EXE_H

#include <stdbool.h>

struct err;

/*
 * Executes this program again, with the same arguments, from a sealed copy of it
 * in memory (memfd_create(2)); returns 0 if that is where it runs already.
 * Call it before anything is made or read. Does not return on success.
 */
int exe_seal(struct err *e);
bool exe_sealed(void);

/* The path of another program, in the directory that this one is in; NULL if that cannot be told. The caller frees it. */
char *exe_beside(const char *name);

#endif
