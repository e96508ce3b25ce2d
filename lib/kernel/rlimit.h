/* Resource limits of a process: --ulimit NAME=SOFT[:HARD] (getrlimit(2)). */
#ifndef CT_RLIMIT_H
#define CT_RLIMIT_H

#include <sys/types.h>

struct err;
struct strv;

/* Reads the text without doing anything. */
int rlimit_check(const char *text, struct err *e);

/*
 * Sets it for a process. What may not be raised beyond our own hard limit is
 * set to that, and said in notes.
 */
int rlimit_set(pid_t pid, const char *text, struct strv *notes, struct err *e);

#endif
