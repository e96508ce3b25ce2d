/*
 * A supervisor in the background (ct-run -d): a child that stays when the caller returns. The
 * caller waits until the child reports that the program runs, or why it does not.
 */
#ifndef CT_BACKGROUND_H
#define CT_BACKGROUND_H

#include "store/store.h"

struct err;

/*
 * Forks. Returns 0 in the child, with *report set to a descriptor for the functions below. Returns
 * 1 in the caller, with the id, once the program runs; -1 if it does not.
 */
int background_begin(int *report, char id[ID_LEN], struct err *e);

/*
 * In the child: leaves the caller's session, streams, directory and descriptors, and reports that
 * the program runs. Closes *report and sets it to -1.
 */
int background_leave(int *report, const char id[ID_LEN], struct err *e);

/* In the child: reports why the program does not run. No effect after background_leave. */
void background_fail(int report, const struct err *why);

#endif
