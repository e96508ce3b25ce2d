/*
 * Capability sets: the privileges that root in a container keeps (capabilities(7)).
 *
 * A set is a uint64_t with bit N for capability N of linux/capability.h. prctl(2) and capset(2)
 * are called directly: loading a library would delay every run.
 */
#ifndef CT_CAPS_H
#define CT_CAPS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define CAPS_BIT(cap) (UINT64_C(1) << (cap))

/*
 * The default set of a container. On the host's network CAP_NET_RAW is left out: it would
 * expose the host's packets.
 */
uint64_t caps_default(bool host_network);

/* All capabilities that this kernel knows and that our own bounding set still holds. */
uint64_t caps_all(void);

/* "NET_ADMIN", "cap_net_admin" or "ALL", in any case. ALL is caps_all(). */
int caps_read(const char *text, uint64_t *set, struct err *e);

/* Whether the calling process has the capability in its own user namespace. */
bool caps_held(int cap);

/* "NET_ADMIN" for CAP_NET_ADMIN (12); NULL if the number has no name here. */
const char *caps_name(int cap);

/*
 * Limits the capabilities of the calling process after its next execve(2): root then has
 * exactly `set` (without what the bounding set lacked before), another user has none. Until
 * execve(2) the process also keeps the capabilities that it needs to load a seccomp filter and
 * to change its user.
 *
 * Call it in the first process of a container, single-threaded, after the mounts and
 * before seccomp_filter_load() and setgroups/setgid/setuid. Needs CAP_SETPCAP in the
 * process's own user namespace.
 */
int caps_limit(uint64_t set, struct err *e);

/* Limits the bounding set. Needs CAP_SETPCAP. */
int caps_bound(uint64_t set, struct err *e);

/*
 * Sets exactly these sets for the calling process, whose permitted set must hold them; the ambient
 * set must be inheritable and permitted. Capabilities that the kernel does not know are left out.
 */
int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable, uint64_t ambient,
	     struct err *e);

/* no_new_privs: execve(2) gains no privileges from now on. */
int caps_no_more(struct err *e);

#endif
