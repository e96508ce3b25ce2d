/*
 * killat [-p PROCESS] [-n N] [-a] [-o FILE] COMMAND [ARG...]
 *
 * Kills (SIGKILL) a process of COMMAND at the entry of its Nth system call.
 *	-p	which process: 0 (the default) is COMMAND itself, 1 its first child, and so on
 *	-n	at which call; 0 (the default) only counts
 *	-a	kills all processes of COMMAND at that moment
 *	-o	writes "PROCESS CALLS", one line a process, to FILE
 * Exits with COMMAND's status, 98 if COMMAND hangs, 99 if it made fewer calls than N.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "trace.h"

static int process;
static long at;
static bool everyone;

static bool enter(struct trace *t, struct traced *p, long call)
{
	(void)call;
	if (!at || p != &t->all[process] || p->calls != at)
		return false;
	for (int i = 0; everyone && i < t->n; i++)
		if (!t->all[i].gone)
			kill(t->all[i].pid, SIGKILL);
	kill(p->pid, SIGKILL);
	return true;
}

int main(int argc, char **argv)
{
	static struct trace t = {.enter = enter};
	FILE *out = NULL;
	int opt, status;

	while ((opt = getopt(argc, argv, "+p:n:ao:")) != -1) {
		switch (opt) {
		case 'p':
			process = atoi(optarg);
			break;
		case 'n':
			at = atol(optarg);
			break;
		case 'a':
			everyone = true;
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
		trace_report(&t, out);
	return at && !t.over ? TRACE_NEVER : status;
}
