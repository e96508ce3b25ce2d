/* --init: a process 1 for programs that do not know how to be one. */
#ifndef CT_INIT_H
#define CT_INIT_H

struct err;

/*
 * Forks: the caller becomes the init, with every descriptor closed and its traces of the host
 * overwritten; it exits with the program's status, 128+N if signal N ended it. Returns 0 in
 * the child, which is to become the program; all signals are blocked there. killed_by: memory
 * shared with the supervisor, for the signal that ended the program.
 */
int init_fork(int *killed_by, struct err *e);

/* Memory for killed_by, shared with what is cloned until that executes, which an init never does. */
int init_share(int **killed_by, struct err *e);
void init_unshare(int **killed_by);

#endif
