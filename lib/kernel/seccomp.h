/*
 * The system call filter of a container (seccomp(2)).
 *
 * What passes is written in share/seccomp, for people to read and edit. It is
 * turned into tables when ct is built; no file and no library is needed to load
 * it. A call that the profile does not name fails with ENOSYS, as on a kernel
 * without it, so that programs fall back; a call that is named but needs a
 * capability the container lacks, or other arguments, fails with EPERM, or with
 * the error that the profile gives.
 */
#ifndef CT_SECCOMP_H
#define CT_SECCOMP_H

#include "base/err.h"

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* The most instructions a filter can have: the kernel's own limit. */
#define SECCOMP_FILTER_MAX BPF_MAXINSNS

/*
 * Installs the filter for a container with these capabilities (a set as in
 * caps.h) into the calling thread and all it starts from now on. Cannot be undone.
 *
 * no_new_privs is not set, because setuid programs are to work in a container.
 * Hence CAP_SYS_ADMIN in the own user namespace is needed: call it after
 * caps_limit() and before setuid(2). What a first process still has to do
 * after it (setgroups, setgid, setuid, chdir, execve, write) passes.
 */
int seccomp_filter_load(uint64_t caps, struct err *e);

/*
 * The same filter as a program: fills prog[SECCOMP_FILTER_MAX], returns the number of
 * instructions. Fails only if the profile is too large for the kernel.
 */
int seccomp_filter_build(uint64_t caps, struct sock_filter *prog, struct err *e);

#endif
