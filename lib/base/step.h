/*
 * --step: stops before each step until the user presses Enter on the terminal. Without
 * step_begin, these functions do nothing.
 */
#ifndef CT_STEP_H
#define CT_STEP_H

#include <stdbool.h>

struct err;

/* Opens the terminal; later child processes use the same descriptor. */
int step_begin(struct err *e);
bool step_wanted(void);
void step_say(const char *text); /* prints text on that terminal */
/*
 * Prints the line and waits for Enter. End of input is an error. SIGINT, SIGTERM and SIGHUP are
 * errors if the caller has blocked them.
 */
int step_wait(const char *line, struct err *e);

#endif
