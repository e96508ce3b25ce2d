/*
 * A bare run: some stages on a directory of the user (--rootfs with --only or --without). It
 * records nothing and needs no store. Session, terminal, streams, environment and, by default, user
 * and working directory are those of the caller, as with env(1) or chroot(1). So bare runs can be
 * nested, with one stage each. Everything else stays as the kernel makes it: a new network has its
 * loopback down, a new UTS namespace has a copy of the host name.
 */
#ifndef CT_BARERUN_H
#define CT_BARERUN_H

#include <stdbool.h>

#include "store/plan.h"

struct err;

/*
 * input: stdin is the caller's, not /dev/null. say gets messages for the user, before the program
 * runs. If no process must stay, the caller becomes the program; otherwise returns the program's
 * exit status, as in a shell. -1: the program did not run; e->status is 125, 126 or 127.
 */
int barerun(const struct plan *plan, bool input, void (*say)(struct strv *notes), struct err *e);

#endif
