/*
 * The supervisor's end of the input of a container in the background: the pty master, or a pipe
 *that stays open. `ct-attach` takes a copy of the descriptor (pidfd_getfd(2)) and writes to it; the
 * supervisor itself writes nothing.
 *
 *	CT_RUN/ps_N/input	a record: fd=NUMBER of the descriptor in the supervisor, tty=1 if it
 *is a pty master
 */
#ifndef CT_INPUTEND_H
#define CT_INPUTEND_H

#include <stdbool.h>

#include "container/container.h"
#include "log/streams.h"
#include "store/store.h"

struct err;

/* The supervisor calls it once the program runs. Without input there is no record. */
int inputend_record(const struct store *s, const char *id, const struct streams *st, struct err *e);

/*
 * Returns a copy of the descriptor, or -1 with e->sys ENOENT: the container has no input that
 * another process can write to.
 */
int inputend_take(const struct store *s, const char *id, const struct container_state *st,
		  bool *tty, struct err *e);

#endif
