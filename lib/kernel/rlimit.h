/* Resource limits of a process: --ulimit NAME=SOFT[:HARD] (getrlimit(2)). */
#ifndef CT_RLIMIT_H
#define CT_RLIMIT_H

#include <sys/types.h>

struct err;
struct strv;

/* Checks the syntax of a limit. */
int rlimit_check(const char *text, struct err *e);

/*
 * Sets a resource limit of a process. A limit above our own hard limit that we may not raise is
 * lowered to it; notes gets a message about that.
 */
int rlimit_set(pid_t pid, const char *text, struct strv *notes, struct err *e);

/* --oom-score-adj: the score by which the kernel chooses a process to kill
 * (proc_pid_oom_score_adj(5)). pid 0: the caller, also where /proc shows another PID namespace.
 */
int rlimit_oom_score(pid_t pid, const char *score, struct err *e);

#endif
