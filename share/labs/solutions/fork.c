/* fork.c: how a container begins and ends. */
#include "box.h"

static char stack[256 * 1024];

static int child(void *command)
{
	char **words = command;
	inside();
	execvp(words[0], words);
	int status = errno == ENOENT ? 127 : 126;
	fprintf(stderr, "box: %s: %s\n", words[0], strerror(errno));
	_exit(status);
}

pid_t start(char **command, int flags)
{
	pid_t pid = clone(child, stack + sizeof stack, flags | SIGCHLD, command);
	if (pid < 0)
		fail("clone");
	return pid;
}

int status_of(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
