/* fork.c: how a container begins and ends. */
#include "box.h"

static char stack[256 * 1024];

/* Runs in the child. */
static int child(void *argument)
{
	char **command = argument;

	inside();
	/* Here: become the command; if that fails, say so, and exit with 127 or 126. */
	(void)command;
	_exit(126);
}

/* Makes the child, with these flags for clone(2), and returns its number. */
pid_t start(char **command, int flags)
{
	/* Here: clone. */
	(void)child;
	(void)stack;
	(void)command;
	(void)flags;
	return -1;
}

/* Waits for the child, and returns its status as a shell does. */
int status_of(pid_t pid)
{
	/* Here: wait; see WIFEXITED and the macros beside it. */
	(void)pid;
	return 125;
}
