#include "run/init.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/selfexe.h"

/*
 * The command line and environment of this process belong to the host, but /proc would show them in
 * the container. They are overwritten, and the process cannot be traced from inside.
 */
static void forget_the_host(void)
{
	char *start = program_invocation_name, *past = start + strlen(start);

	for (char **v = environ; v && *v; v++)
		if (*v + strlen(*v) > past)
			past = *v + strlen(*v);
	memset(start, 0, (size_t)(past - start));
	selfexe_retitle("init");
	prctl(PR_SET_NAME, "init");
	prctl(PR_SET_DUMPABLE, 0);
}

/* Passes signals on and reaps orphans until the program ends. */
__attribute__((noreturn)) static void be_init(pid_t child, int *killed_by)
{
	sigset_t all;
	int status;
	pid_t pid;
	int sig;

	close_range(0, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (;;) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid != child)
				continue;
			if (!WIFSIGNALED(status))
				_exit(WEXITSTATUS(status));
			/* Process 1 cannot die of a signal itself, so it exits with 128+N. */
			*killed_by = WTERMSIG(status);
			_exit(128 + WTERMSIG(status));
		}
		sig = sigwaitinfo(&all, NULL);
		if (sig > 0 && sig != SIGCHLD)
			kill(child, sig);
	}
}

int init_fork(int *killed_by, struct err *e)
{
	sigset_t all;
	pid_t child;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	forget_the_host(); /* before another process exists that could look */
	child = fork();
	if (child < 0)
		return err_sys(e, "--init: fork");
	if (child)
		be_init(child, killed_by);
	return 0;
}

int init_share(int **killed_by, struct err *e)
{
	void *shared = mmap(NULL, sizeof(**killed_by), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return err_sys(e, "--init");
	*killed_by = shared;
	return 0;
}

void init_unshare(int **killed_by)
{
	if (*killed_by)
		munmap(*killed_by, sizeof(**killed_by));
	*killed_by = NULL;
}
