/*
 * Processes. A process is identified by its pid and its start time, because pids are reused. It
 * is watched and signalled through a pidfd.
 */
#ifndef CT_PROC_H
#define CT_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;

struct proc_id {
	pid_t pid;      /* 0: none */
	uint64_t start; /* field 22 of /proc/PID/stat, clock ticks since boot */
};

/*
 * Reads the start time of pid; -1 with errno: ESRCH if the process does not
 * exist or is a zombie.
 */
int proc_identify(pid_t pid, struct proc_id *out);

/*
 * Whether the identified process still lives (a zombie does not). Also true if its
 * state cannot be read.
 */
bool proc_alive(const struct proc_id *id);

/* Opens a pidfd of the identified process; -1 with errno (ESRCH: it has ended). */
int proc_open(const struct proc_id *id);

/* Waits until the process of a pidfd has ended; false after ms milliseconds (-1: no limit). */
bool proc_wait_gone(int pidfd, int ms);

/*
 * Whether a child that has not been waited for has executed a program since its fork. Also true
 * if its state cannot be read.
 */
bool proc_has_executed(pid_t child);

/*
 * Detaches the caller from its parent: new session, "/" as working directory, /dev/null as
 * standard streams, inherited descriptors closed (descriptors that ct opened are
 * close-on-exec and stay open).
 */
int proc_leave(struct err *e);

/*
 * Forks, with a pipe that leads from the child to its parent. *end becomes the child's end in the
 * child, the parent's in the parent; both are close-on-exec. Returns what fork(2) does.
 */
pid_t proc_fork_pipe(int *end);

/* Waits for a child. Returns its exit status as a shell does: its own status, or 128 + signal. */
int proc_wait_child(pid_t pid);

/*
 * Runs argv (found in PATH) to its end with /dev/null as stdin. Returns the status of
 * proc_wait_child, 127 if the program could not be executed. out receives stdout (NULL:
 * /dev/null), why receives stderr; each keeps at most 1 MiB and drops the rest.
 */
int proc_run(char *const argv[], struct buf *out, struct buf *why, struct err *e);

/* Limits for a program that reads untrusted input. */
struct proc_limits {
	uint64_t memory;  /* bytes of address space */
	uint64_t seconds; /* of CPU time */
	/* bytes of stdout kept; if exactly that many arrived, the rest may be lost */
	size_t output;
};

/*
 * Runs argv like proc_run, for a program that reads untrusted input. Its stdin is the
 * descriptor `in`; it inherits no other descriptor and only PATH of the environment. It dumps
 * no core and gains no privileges by execve(2).
 */
int proc_run_limited(char *const argv[], int in, const struct proc_limits *limits, struct buf *out,
		     struct buf *why, struct err *e);

/* The boot id of the kernel (/proc/sys/kernel/random/boot_id), 36 characters. */
int proc_boot_id(char out[37], struct err *e);

#endif
