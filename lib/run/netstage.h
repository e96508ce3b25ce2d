/*
 * The stage `net` of a run: a new network namespace with an endpoint on one of ct's networks
 * (endpoint.h); or, with --network container:ID, the network namespace of another container.
 */
#ifndef CT_NETSTAGE_H
#define CT_NETSTAGE_H

#include "kernel/sysctl.h"
#include "run/run.h"

struct err;
struct netlink;
struct record;

/* Whether the run makes a network namespace. */
bool netstage_is_new(const struct plan *p);
/*
 * Whether the run shares another container's network, and that container as the user named it
 * (NULL: none).
 */
bool netstage_is_shared(const struct plan *p);
const char *netstage_container(const struct plan *p);
/* The network to connect to; NULL: none. */
const char *netstage_name(const struct plan *p);

/*
 * Sets up a new network namespace from inside: kernel settings, lo, the inner end of the veth pair.
 * to: a netlink socket of that namespace (NULL: the run is on no network), or a text that gets
 * shell lines instead. id NULL: without the names that contain the container's id.
 */
int netstage_set_up(struct netlink *to, const struct run *r, const char *id, struct err *e);

/* The record of the endpoint and its published ports (endpoint.h). set: CT_BRIDGE. */
void netstage_record(const struct run *r, const char *set, struct record *net);

/*
 * Writes the settings of one kind (--sysctl) in the namespaces of this process. to: a text that
 * gets shell lines instead; otherwise anything.
 */
int netstage_sysctls(struct netlink *to, const struct strv *sysctls, enum sysctl_kind kind,
		     struct err *e);

int netstage_prepare(struct run *r, struct err *e);
int netstage_grant(struct run *r, struct err *e);
int netstage_enter(struct run *r, struct err *e);
void netstage_undo(struct run *r);
/*
 * Answers a request on the control socket of a running container. Call it when the socket is
 * readable.
 */
void netstage_answer(void *run);

#endif
