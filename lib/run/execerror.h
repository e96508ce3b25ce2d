/*
 * Explains why a program was not executed. The error of execve(2) may concern the interpreter that
 * the program names, instead of the program itself.
 */
#ifndef CT_EXECERROR_H
#define CT_EXECERROR_H

struct err;

/*
 * Call it after execve(2) of `file` failed, with its errno. name: the program as the user named it.
 * Returns -1 with e->status 127 (not found) or 126.
 */
int execerror(const char *file, const char *name, struct err *e);

#endif
