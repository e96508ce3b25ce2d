/*
 * The kinds of namespaces (namespaces(7)): one table for making, entering and explaining
 * namespaces, and for shell lines.
 */
#ifndef CT_NAMESPACE_H
#define CT_NAMESPACE_H

#include <stdint.h>
#include <sys/types.h>

struct err;

struct namespace
{
	int flag;           /* of clone(2), unshare(2) and setns(2) */
	const char *name;   /* of that flag */
	const char *option; /* of unshare(1) and of nsenter(1), which agree on it */
	const char *file;   /* beneath /proc/PID/ns */
};

/* In the order of the stages of a run. The last one has no name. */
extern const struct namespace namespaces[];

/* The kind that a flag (CLONE_NEW*) means. */
const struct namespace *namespace_of(int flag);

/* "CLONE_NEWUTS|CLONE_NEWPID", of the flags that are namespaces; "0": none is. The caller's to
 * free. */
char *namespace_names(uint64_t flags);

/* Opens a namespace of a process (0: this one). Returns a descriptor, or -1. */
int namespace_open(pid_t pid, int flag, struct err *e);

/*
 * The kinds of namespaces in which a process differs from this one. A kind that the kernel does not
 * know never differs.
 */
int namespace_differing(pid_t pid, int *flags, struct err *e);

#endif
