/*
 * stopwatch RUNS GAP -- COMMAND [ARG...] [-- COMMAND...]: runs the commands in turn, RUNS times
 * each after one run that does not count, with GAP milliseconds before each, and prints
 * a line a counted run: the number of the command, its wall time in microseconds, its wait
 * status. stdout and stderr of the commands are /dev/null unless they are files.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { COMMANDS = 8 };

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Gives the microseconds from before the spawn to after the wait; *status as wait(2) gives it. */
static long time_one(char **argv, int *status)
{
	posix_spawn_file_actions_t files;
	long begin, end;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	begin = now();
	errno = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	if (errno) {
		fprintf(stderr, "stopwatch: %s: %s\n", argv[0], strerror(errno));
		exit(1);
	}
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		continue;
	end = now();
	posix_spawn_file_actions_destroy(&files);
	return end - begin;
}

int main(int argc, char **argv)
{
	char **commands[COMMANDS];
	int runs, gap, n = 0;

	if (argc < 5 || strcmp(argv[3], "--") != 0) {
		fputs("usage: stopwatch RUNS GAP -- COMMAND [ARG...] [-- COMMAND...]\n", stderr);
		return 2;
	}
	runs = atoi(argv[1]);
	gap = atoi(argv[2]);
	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		argv[i] = NULL;
		if (n < COMMANDS && i + 1 < argc)
			commands[n++] = argv + i + 1;
	}
	for (int run = -1; run < runs; run++)
		for (int i = 0; i < n; i++) {
			int status;
			long took;

			usleep((useconds_t)gap * 1000);
			took = time_one(commands[i], &status);
			if (run >= 0)
				printf("%d %ld %d\n", i, took, status);
		}
	return 0;
}
