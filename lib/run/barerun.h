/*
 * A bare run: some stages on a directory of the user's (--rootfs with --only or
 * --without). Nothing is recorded and no store is needed. Session, terminal,
 * streams, environment and, unless told otherwise, user and working directory stay
 * the caller's, as with env(1) or chroot(1); so a bare run can start the next one,
 * a stage each. What nobody asked for is left as the kernel makes it: a new
 * network has its loopback down, a new host name is a copy.
 */
#ifndef CT_BARERUN_H
#define CT_BARERUN_H

#include <stdbool.h>

#include "store/plan.h"

struct err;

/*
 * input: stdin is the caller's, not /dev/null. say is called with what the user
 * should be told, before the program runs. Where no process has to stay behind the caller becomes
 * the program; else gives its status as a shell would. -1: it did not run, with
 * e->status 125, 126 or 127.
 */
int barerun(const struct plan *plan, bool input, void (*say)(struct strv *notes), struct err *e);

#endif
