/*
 * Seccomp profiles of the OCI runtime specification, compiled by libseccomp. A compiled filter is
 * kept in a cache: an engine gives the same profile with each container.
 */
#ifndef CT_OCISECCOMP_H
#define CT_OCISECCOMP_H

#include <jansson.h>
#include <stddef.h>

#include "store/bundle.h"

struct err;

struct ociseccomp {
	struct sock_filter *filter; /* NULL: none */
	struct bundle_seccomp plan;
};

/*
 * Compiles linux.seccomp of a config.json, or takes the filter from the directory .seccomp beneath
 * `root`, where it is kept under the profile's digest together with the whole profile. profile
 * NULL: no filter. A system call that libseccomp does not know is ignored, as engines expect:
 * their profiles name newer calls than this machine has.
 */
int ociseccomp_make(struct ociseccomp *s, const json_t *profile, int root, struct err *e);
void ociseccomp_free(struct ociseccomp *s);
#define own_ociseccomp __attribute__((cleanup(ociseccomp_free)))

/* The names of actions, operators, architectures and flags (for `features`), NULL after the last. */
enum ociseccomp_names { SECCOMP_ACTIONS, SECCOMP_OPERATORS, SECCOMP_ARCHS, SECCOMP_FLAGS };
const char *ociseccomp_name(enum ociseccomp_names of, size_t i);

#endif
