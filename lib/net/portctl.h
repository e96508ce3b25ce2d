/*
 * Words to the supervisor of a running container, over the socket CT_RUN/ps_N/control: it
 * holds the ports that are published later as it holds the first ones (port.h).
 * Each is one datagram, so that nobody who stops half-way keeps it waiting.
 */
#ifndef CT_PORTCTL_H
#define CT_PORTCTL_H

#include "net/port.h"
#include "store/store.h"

struct err;

/* The supervisor's end, in CT_RUN/ps_N; readable when portctl_answer has something to do. */
int portctl_open(int dir, struct err *e);
/* Does what was asked for, without waiting. */
void portctl_answer(int control, struct ports *held);

/* Hands it a port to hold, or has it let one go. Fails if it does not answer. */
int portctl_hold(const struct store *s, const char *id, const struct rules_port *p, int fd,
		 struct err *e);
int portctl_drop(const struct store *s, const char *id, const struct rules_port *p, struct err *e);

#endif
