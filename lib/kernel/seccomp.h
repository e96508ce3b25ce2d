/*
 * The seccomp filter of a container (seccomp(2)).
 *
 * The profile share/seccomp is text for people to read and edit. The build turns it into
 * tables, so that loading a filter needs no file and no library. A system call that the profile
 * does not name fails with ENOSYS, as on a kernel without it, so that programs fall back. A
 * call that is named, but needs a capability that the container lacks or other arguments, fails
 * with EPERM or with the error in the profile.
 */
#ifndef CT_SECCOMP_H
#define CT_SECCOMP_H

#include "base/err.h"

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* The maximum number of instructions of a filter (a kernel limit). */
#define SECCOMP_FILTER_MAX BPF_MAXINSNS

/*
 * Installs the filter for a container with these capabilities (a set as in caps.h) for the
 * calling thread and its descendants. It cannot be removed.
 *
 * no_new_privs stays unset, so that setuid programs work in the container. The kernel then
 * requires CAP_SYS_ADMIN in the process's own user namespace: call it after caps_limit() and
 * before setuid(2). The filter allows what a first process still has to do (setgroups, setgid,
 * setuid, chdir, execve, write).
 */
int seccomp_filter_load(uint64_t caps, struct err *e);

/*
 * Builds the same filter as a program in prog[SECCOMP_FILTER_MAX] and returns the number of
 * instructions. Fails only if the profile exceeds the kernel's limit.
 */
int seccomp_filter_build(uint64_t caps, struct sock_filter *prog, struct err *e);
/* In place of a file: no filter. */
#define SECCOMP_UNCONFINED "unconfined"

struct buf;
/*
 * Reads a filter of the user: the instructions of a compiled BPF program, as seccomp_export_bpf(3)
 * writes them.
 */
int seccomp_file_read(const char *path, struct buf *out, struct err *e);
/* Installs such a filter. */
int seccomp_program_load(const struct buf *filter, struct err *e);

#endif
