/*
 * The mounts of a container that need the host's rights: its root, the files of
 * its /etc, volumes, devices. The supervisor makes them, detached and with their
 * owners mapped, and hands them over; the first process puts them in their places.
 */
#ifndef CT_HANDOVER_H
#define CT_HANDOVER_H

#include "run.h"

struct err;

/* In the supervisor, once the user namespace exists. */
int handover_give(struct run *r, struct err *e);

/* In the first process, once nothing of the host is reachable: what was handed over, and what is in memory. */
int handover_mount(struct run *r, struct err *e);

#endif
