#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* After sys/ptrace.h, whose names it has as macros. */
#include <linux/ptrace.h>

enum { QUIET_MS = 500, HANGS_MS = 30000, SYSCALL_STOP = SIGTRAP | 0x80 };

static struct traced *find(struct trace *t, pid_t pid)
{
	for (int i = 0; i < t->n; i++)
		if (t->all[i].pid == pid && !t->all[i].gone)
			return &t->all[i];
	if (t->n == TRACE_PROCESSES) {
		fprintf(stderr, "trace: more than %d processes\n", TRACE_PROCESSES);
		exit(TRACE_HANGS);
	}
	t->all[t->n] = (struct traced){.pid = pid};
	return &t->all[t->n++];
}

/* In the child: waits for its tracer, then becomes the command. */
__attribute__((noreturn)) static void become(char **argv, const sigset_t *mask)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	_exit(127);
}

static void at_syscall(struct trace *t, struct traced *p)
{
	struct ptrace_syscall_info info;

	if (!t->started || ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) < 0)
		return;
	p->inside = info.op == PTRACE_SYSCALL_INFO_ENTRY;
	if (!p->inside) {
		if (t->leave)
			t->leave(t, p);
		return;
	}
	p->calls++;
	if (!t->over)
		t->over = t->enter(t, p, (long)info.entry.nr);
}

/* Handles a stopped process: continues it, traced or not. */
static void resume(struct trace *t, struct traced *p, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	bool executed = event == PTRACE_EVENT_EXEC && p != t->all;
	unsigned long child;

	if (sig == SYSCALL_STOP) {
		at_syscall(t, p);
		sig = 0;
	} else if (event) {
		t->started = true;
		if (event != PTRACE_EVENT_EXEC &&
		    ptrace(PTRACE_GETEVENTMSG, p->pid, 0, &child) == 0)
			find(t, (pid_t)child);
		sig = 0;
	} else if (sig == SIGSTOP && p->calls == 0 && p != t->all) {
		sig = 0; /* every traced child begins with it */
	}
	if (t->over || executed)
		p->gone = p != t->all;
	ptrace(t->over || executed ? PTRACE_DETACH : PTRACE_SYSCALL, p->pid, 0, sig);
}

static bool any_left(const struct trace *t)
{
	for (int i = 0; i < t->n; i++)
		if (!t->all[i].gone)
			return true;
	return false;
}

/* Waits for the next process to stop or to end. 0: none did for that long. */
static pid_t next(int ms, int *status)
{
	struct timespec most = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	sigset_t child;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while ((pid = waitpid(-1, status, __WALL | WNOHANG)) == 0)
		if (sigtimedwait(&child, NULL, &most) < 0 && errno == EAGAIN)
			return waitpid(-1, status, __WALL | WNOHANG);
	return pid;
}

int trace_run(struct trace *t, char **argv)
{
	int status, command = -1;
	sigset_t child, mask;
	struct traced *p;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &mask);
	pid = fork();
	if (pid == 0)
		become(argv, &mask);
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	find(t, pid);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	while (any_left(t) && (pid = next(command < 0 ? HANGS_MS : QUIET_MS, &status)) > 0) {
		p = find(t, pid);
		if (WIFSTOPPED(status)) {
			resume(t, p, status);
			continue;
		}
		p->gone = true;
		if (p == t->all)
			command = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						      : WEXITSTATUS(status);
	}
	return command < 0 ? TRACE_HANGS : command;
}
