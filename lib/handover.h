/*
 * The mounts of a container that need the host's rights: its root, the files of
 * its /etc, volumes, devices. The supervisor makes them, detached and with their
 * owners mapped, and hands them over; the first process puts them in their places.
 */
#ifndef CT_HANDOVER_H
#define CT_HANDOVER_H

#include "channel.h"
#include "run.h"

struct err;

/*
 * In the supervisor, once the user namespace exists. With r->own_hands in the first
 * process, before anything is reached through the new root; it keeps them itself.
 */
int handover_give(struct run *r, struct err *e);

/* In the first process: one that came. The descriptor is the run's from then on. */
void handover_take(struct run *r, enum message_kind kind, int fd, const char *target);

/* In the first process, once nothing of the host is reachable: what was handed over, and what is in memory. */
int handover_mount(struct run *r, struct err *e);

#endif
