/* --init: a small process 1 that passes on signals and reaps orphans. */
#ifndef CT_INIT_H
#define CT_INIT_H

struct err;

/*
 * Forks. The caller becomes the init: it closes every descriptor, overwrites its command line and
 * environment, and exits with the program's status (128+N if signal N ended it). Returns 0 in the
 * child, which will become the program; all signals are blocked there. killed_by: memory shared
 * with the supervisor that receives the signal that ended the program.
 */
int init_fork(int *killed_by, struct err *e);

/* Maps memory for killed_by, shared with cloned processes until they execute; an init never does.
 * */
int init_share(int **killed_by, struct err *e);
void init_unshare(int **killed_by);

#endif
