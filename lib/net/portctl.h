/*
 * Sends requests to the supervisor of a running container, over the socket CT_RUN/ps_N/control. The
 * supervisor reserves ports that are published later, as it does those of ct-run (port.h). A
 * request is one datagram, so a client that stops half-way does not make the supervisor wait.
 */
#ifndef CT_PORTCTL_H
#define CT_PORTCTL_H

#include "net/port.h"
#include "store/store.h"

struct err;

/* Opens the supervisor's end in dir (CT_RUN/ps_N); readable when portctl_answer has work. */
int portctl_open(int dir, struct err *e);
/* Carries out the pending requests, without waiting. */
void portctl_answer(int control, struct ports *held);

/* Passes a port's socket to the supervisor, or makes it release a port. Fails if it does not
 * answer. */
int portctl_hold(const struct store *s, const char *id, const struct rules_port *p, int fd,
		 struct err *e);
int portctl_drop(const struct store *s, const char *id, const struct rules_port *p, struct err *e);

#endif
