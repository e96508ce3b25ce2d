/*
 * killat [-p PROCESS] [-k KIND] [-n N] [-o FILE] COMMAND [ARG...]
 *
 * Kills (SIGKILL) a process of COMMAND at the entry of its Nth system call.
 *	-p	which process: 0 (the default) is COMMAND itself, 1 its first child, and so on
 *	-k	only calls of this kind count (kind.h)
 *	-n	at which call; 0 (the default) only counts
 *	-o	writes "PROCESS CALLS", one line a process, to FILE
 * Exits with COMMAND's status, 98 if COMMAND hangs, 99 if it made fewer calls than N.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "kind.h"
#include "trace.h"

static int process;
static long at;

static bool enter(struct trace *t, struct traced *p, long call)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0 || !kind_has(call, &regs))
		return false;
	p->counted++;
	if (!at || p != &t->all[process] || p->counted != at)
		return false;
	kill(p->pid, SIGKILL);
	return true;
}

int main(int argc, char **argv)
{
	static struct trace t = {.enter = enter};
	FILE *out = NULL;
	int opt, status;

	while ((opt = getopt(argc, argv, "+p:k:n:o:")) != -1) {
		switch (opt) {
		case 'p':
			process = atoi(optarg);
			break;
		case 'k':
			kind_choose(optarg);
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
	for (int i = 0; out && i < t.n; i++)
		fprintf(out, "%d %ld\n", i, t.all[i].counted);
	return at && !t.over ? TRACE_NEVER : status;
}
