/*
 * Processes: one is known by its pid together with the time it started, since
 * pids are used again; it is watched and signalled through a pidfd.
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

/* Who pid is now; -1 with errno: ESRCH if there is no such process or it is a zombie. */
int proc_identify(pid_t pid, struct proc_id *out);

/* Whether that very process still lives (a zombie does not); true also if that cannot be learned. */
bool proc_alive(const struct proc_id *id);

/* A pidfd of that very process, or -1 with errno (ESRCH: gone). */
int proc_open(const struct proc_id *id);

/* Waits until the process of a pidfd is gone; false when ms (-1: for ever) have passed. */
bool proc_wait_gone(int pidfd, int ms);

/* Whether a child that has not been waited for has executed a program since its fork; true if that
 * cannot be learned. */
bool proc_has_executed(pid_t child);

/*
 * The caller leaves its user: a session of its own, "/" as its directory, /dev/null as its streams,
 * and nothing open that it got from its parent (all that ct opens is closed on exec).
 */
int proc_leave(struct err *e);

/* Waits for a child. Gives its status as a shell would: its own, or 128 + signal. */
int proc_wait_child(pid_t pid);

/*
 * Runs argv (found by PATH) to its end, stdin from /dev/null, and gives its
 * status as proc_wait_child does, 127 if it could not be executed. stdout goes
 * to out (NULL: /dev/null), stderr to why; each at most 1 MiB, the rest is dropped.
 */
int proc_run(char *const argv[], struct buf *out, struct buf *why, struct err *e);

/* What a program that reads what cannot be trusted may take. */
struct proc_limits {
	uint64_t memory;  /* bytes of address space */
	uint64_t seconds; /* of the processor's time */
	size_t output;    /* bytes of stdout that are kept; when so many came, some may be lost */
};

/*
 * The same for such a program: it reads the descriptor in, has no other of the
 * caller's, of the environment only PATH, no core, and gains no privileges by execution.
 */
int proc_run_limited(char *const argv[], int in, const struct proc_limits *limits, struct buf *out,
		     struct buf *why, struct err *e);

/* The id of this boot (/proc/sys/kernel/random/boot_id), 36 characters. */
int proc_boot_id(char out[37], struct err *e);

#endif
