/*
 * Why a program was not executed. execve(2) fails with the error of the file that is missing or
 * cannot be executed, which may be the interpreter that the program names.
 */
#ifndef CT_EXECERROR_H
#define CT_EXECERROR_H

struct err;

/*
 * After execve(2) of `file` has failed, with its errno; name: the program as the user named it.
 * Gives -1, with e->status 127 (not found) or 126.
 */
int execerror(const char *file, const char *name, struct err *e);

#endif
