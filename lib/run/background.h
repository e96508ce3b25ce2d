/*
 * A supervisor in the background (ct-run -d): a child that stays when the caller returns. The
 * caller waits until the child says that the program runs, or why it does not.
 */
#ifndef CT_BACKGROUND_H
#define CT_BACKGROUND_H

#include "store/store.h"

struct err;

/*
 * Forks. In the child gives 0 and *report, a descriptor for the other functions. In the caller
 * gives 1 with id filled in once the program runs, or -1: it does not.
 */
int background_begin(int *report, char id[ID_LEN], struct err *e);

/*
 * In the child: lets go of the caller's session, streams, directory and descriptors, and says that
 * the program runs. Closes *report; it is -1 then.
 */
int background_leave(int *report, const char id[ID_LEN], struct err *e);

/* In the child: says why the program does not run, unless background_leave came before. */
void background_fail(int report, const struct err *why);

#endif
