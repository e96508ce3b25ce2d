/*
 * failat [-p PROCESS] [-c CALL] [-k KIND] [-f PATH] [-e ERROR] [-n N] [-o FILE] COMMAND [ARG...]
 *
 * Makes a system call of COMMAND fail: the kernel does not execute the call, and
 * the process sees ERROR.
 *
 *	-p	only calls of this process: 0 is COMMAND itself, 1 its first child (default: of all)
 *
 *	-c	only this call, by its name (read)
 *
 *	-k	only calls of this kind (kind.h)
 *
 *	-f	only calls whose first argument is a descriptor of a file with PATH in its path
 *
 *	-e	the error, by its name (default: EIO)
 *
 *	-n	which one of these calls; 0 (the default) only counts, -1 means all
 *
 *	-o	writes the number of these calls to FILE
 *
 * Exits with COMMAND's status, 98 if COMMAND hangs, 99 if there were fewer such calls than N.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include "kind.h"
#include "trace.h"

static int process = -1, error = EIO;
static long call_number = -1, at, seen;
static const char *path;

static int find_error(const char *name)
{
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && strcmp(strerrorname_np(i), name) == 0)
			return i;
	fprintf(stderr, "failat: %s: no such error\n", name);
	exit(2);
}

/* Whether the call's first argument is a descriptor of the file that -f names. */
static bool is_of_path(pid_t pid, unsigned long long fd)
{
	char link[64], to[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%llu", (int)pid, fd);
	n = readlink(link, to, sizeof(to) - 1);
	to[n < 0 ? 0 : n] = '\0';
	return strstr(to, path) != NULL;
}

static bool enter(struct trace *t, struct traced *p, long call)
{
	struct user_regs_struct regs;

	if ((process >= 0 && p != &t->all[process]) || (call_number >= 0 && call != call_number) ||
	    ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0 || !kind_has(call, &regs) ||
	    (path && !is_of_path(p->pid, regs.rdi)))
		return false;
	seen++;
	if (at != -1 && seen != at)
		return false;
	regs.orig_rax = (unsigned long long)-1; /* no such call: the kernel does nothing */
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
	p->marked = true;
	return false;
}

static void leave(struct trace *t, struct traced *p)
{
	struct user_regs_struct regs;

	if (!p->marked || ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return;
	regs.rax = (unsigned long long)-error;
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
	p->marked = false;
	t->over = at != -1;
}

int main(int argc, char **argv)
{
	static struct trace t = {.enter = enter, .leave = leave};
	FILE *out = NULL;
	int opt, status;

	while ((opt = getopt(argc, argv, "+p:c:k:f:e:n:o:")) != -1) {
		switch (opt) {
		case 'p':
			process = atoi(optarg);
			break;
		case 'c':
			call_number = kind_number(optarg);
			break;
		case 'k':
			kind_choose(optarg);
			break;
		case 'f':
			path = optarg;
			break;
		case 'e':
			error = find_error(optarg);
			break;
		case 'n':
			at = atol(optarg);
			break;
		case 'o':
			out = fopen(optarg, "we");
			break;
		default:
			return 2;
		}
	}
	if (!argv[optind] || process >= TRACE_PROCESSES)
		return 2;
	status = trace_run(&t, argv + optind);
	if (out)
		fprintf(out, "%ld\n", seen);
	return at && (at == -1 ? !seen : seen < at) ? TRACE_NEVER : status;
}
