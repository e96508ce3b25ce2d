/*
 * Runs a command under ptrace(2) and shows a fault driver each system call that
 * the command and its children make. A child that executes another program is
 * not traced any longer.
 */
#ifndef CT_TRACE_H
#define CT_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

enum { TRACE_PROCESSES = 256, TRACE_HANGS = 98, TRACE_NEVER = 99 };

struct traced {
	pid_t pid;
	long calls;   /* system calls entered so far */
	long counted; /* for the driver to use */
	bool inside;  /* between the entry and the exit of a system call */
	bool marked;  /* for the driver to use */
	bool gone;
};

struct trace {
	/* Called at the entry of each system call. True: the rest runs untraced. */
	bool (*enter)(struct trace *t, struct traced *p, long call);
	/* Called at the exit of each system call; may be NULL. */
	void (*leave)(struct trace *t, struct traced *p);
	/* The processes in the order of their creation: all[0] is the command. */
	struct traced all[TRACE_PROCESSES];
	int n;
	bool started; /* the command has been executed: what comes before is not its own */
	bool over;    /* `enter` has returned true */
};

/*
 * Runs argv to its end. Children that stay in the background are traced until they
 * have made no system call for half a second.
 * Returns the command's exit status as a shell would, or TRACE_HANGS.
 */
int trace_run(struct trace *t, char **argv);

#endif
