/*
 * Which devices the processes of a cgroup may use: devices.allow and devices.deny on cgroup v1, a
 * BPF program (BPF_PROG_TYPE_CGROUP_DEVICE) on v2.
 */
#ifndef CT_DEVRULES_H
#define CT_DEVRULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct devrule {
	int64_t major, minor; /* -1: every one */
	bool allow;
	char type;      /* 'a' (all), 'b' or 'c' */
	char access[4]; /* of "rwm"; "": all of them */
};

/*
 * Replaces the rules of an existing cgroup. A later rule overrides an earlier one; a device that no
 * rule names is denied, except on v1, where the parent's rules hold until the first rule. n 0
 * changes nothing.
 */
int devrules_set(const char *group, const struct devrule *rules, size_t n, struct err *e);

/*
 * The same with rules behind them that allow the devices of every container: making any node, and
 * using null, zero, full, random, urandom, tty, console, ptmx and the terminals.
 */
int devrules_set_usual(const char *group, const struct devrule *rules, size_t n, struct err *e);

/* The same by a BPF program, for the open directory of a cgroup v2. */
int devrules_attach(int dir, const struct devrule *rules, size_t n, struct err *e);

#endif
