/* box.h: declarations for all files of your container. You need not change it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A stage is one step of making a container. Each lab adds a stage, in a file of its own. main.c
 * calls its functions in this order; a stage needs only some of them.
 */
struct stage {
	const char *option;				/* "--ipc", or "--uts=" if it takes a value */
	int flags;					/* flags for clone(2), for example CLONE_NEWUTS */
	void (*before)(const char *value);		/* the parent, before the child exists */
	void (*outside)(const char *value, pid_t child);/* the parent, beside the child */
	void (*inside)(const char *value);		/* the child, before the command */
	void (*after)(const char *value);		/* the parent, when the child has ended */
};

/* main.c: for you to call. */
void add(const struct stage *stage);			/* see ADD_STAGE */
void fail(const char *what);				/* prints what failed and why; exits with 125 */
void put(const char *file, const char *text);		/* writes a text into a file */
void run(const char *format, ...);			/* runs a command line of the shell */
void inside(void);					/* calls `inside` of each chosen stage */

/* Adds a stage that main.c does not know, before main() begins: ADD_STAGE(clock_stage) */
#define ADD_STAGE(stage) \
	__attribute__((constructor)) static void add_##stage(void) { add(&(stage)); }

/* group.c: control groups, see the lab "mem". */
char *group(const char *controller);			/* makes a group; returns its directory */
int set(const char *dir, const char *file, const char *text);	/* -1: the file is missing */

/* For you to write. Lab "fork": */
pid_t start(char **command, int flags);
int status_of(pid_t child);
/* Lab "user-map": the child waits at a gate until the parent has opened it. */
void gate_make(void);
void gate_wait(void);
void gate_open(void);
