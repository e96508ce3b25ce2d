/*
 * --step: shows what each stage changed. A process in the host's namespaces runs the command that
 * shows a stage's effect before the stage and again after it, and prints the lines that differ on
 * the terminal. Without look_begin, look_at does nothing.
 */
#ifndef CT_LOOK_H
#define CT_LOOK_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

/* Forks that process, which ends when all copies of the caller's descriptor are closed. */
int look_begin(struct err *e);
/*
 * Before a stage: prints what the stage before has changed, and runs the shell command `see`, in
 * which PID stands for the caller's process id on the host. made: the namespace of the stage exists
 * already, so the command looks at the host's instead. *pid receives that process id (0: no process
 * to ask).
 */
int look_at(const char *see, bool made, pid_t *pid, struct err *e);
/* Closes the descriptor. */
void look_end(void);

#endif
