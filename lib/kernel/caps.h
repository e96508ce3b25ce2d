/*
 * Capability sets: what root in a container may still do (capabilities(7)).
 *
 * A set is a uint64_t with bit N for capability N of linux/capability.h. The
 * kernel is asked with prctl(2) and capset(2) directly; a library between would
 * only make every run start later.
 */
#ifndef CT_CAPS_H
#define CT_CAPS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define CAPS_BIT(cap) (UINT64_C(1) << (cap))

/*
 * What a container has if nothing else is asked for. Without a network of its
 * own it gets no CAP_NET_RAW: there that would show it the host's packets.
 */
uint64_t caps_default(bool host_network);

/* Every capability this kernel knows and our own bounding set still holds. */
uint64_t caps_all(void);

/* "NET_ADMIN", "cap_net_admin" or "ALL", in any case. ALL is caps_all(). */
int caps_read(const char *text, uint64_t *set, struct err *e);

/* Whether we have it now, in our own user namespace. */
bool caps_held(int cap);

/* "NET_ADMIN" for CAP_NET_ADMIN (12); NULL for a number without a name here. */
const char *caps_name(int cap);

/*
 * Makes `set` the most that the calling process can have after its next
 * execve(2): exactly `set` if it is root then (less what the bounding set did not
 * hold before), nothing if it is another user. Until then it also keeps what it
 * needs to load a system call filter and to become that user.
 *
 * Call it in the first process of a container, single-threaded, after the
 * mounts, before seccomp_filter_load() and before setgroups/setgid/setuid. Needs
 * CAP_SETPCAP in the own user namespace.
 */
int caps_limit(uint64_t set, struct err *e);

#endif
