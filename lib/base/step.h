/*
 * Stopping before each step of something until its user presses Enter on the
 * terminal (--step). Does nothing until step_begin was called.
 */
#ifndef CT_STEP_H
#define CT_STEP_H

#include <stdbool.h>

struct err;

/* Opens the terminal; in the processes made from then on it is the same. */
int step_begin(struct err *e);
bool step_wanted(void);
/* Says the line, and waits. The end of input, or SIGINT, SIGTERM or SIGHUP where they are blocked,
 * is an error. */
int step_wait(const char *line, struct err *e);

#endif
