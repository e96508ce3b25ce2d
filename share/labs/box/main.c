/* main.c: box [--STAGE[=VALUE]...] COMMAND [ARG...]. You need not change it. */
#include "box.h"
#include <stdarg.h>

/*
 * The stages in their order. A stage that you have not written yet is missing, and is left out
 * ("weak").
 */
__attribute__((weak)) extern const struct stage cow_stage, mem_stage, pids_stage, shares_stage, cpus_stage,
	user_stage, uts_stage, ipc_stage, pid_stage, net_stage, veth_stage, nat_stage, mnt_stage, root_stage,
	proc_stage, caps_stage;
#pragma weak gate_make
#pragma weak gate_wait
#pragma weak gate_open

enum { OWN = 8 };		/* room for stages that add() brings; they come first */
static const struct stage *stages[] = {
	[OWN] = &cow_stage, &mem_stage, &pids_stage, &shares_stage, &cpus_stage, &user_stage, &uts_stage, &ipc_stage,
	&pid_stage, &net_stage, &veth_stage, &nat_stage, &mnt_stage, &root_stage, &proc_stage, &caps_stage,
};
enum { STAGES = sizeof stages / sizeof *stages };
static const char *values[STAGES];	/* of the chosen stages; NULL: not chosen */

#define EACH(function, ...) \
	for (int n = 0; n < STAGES; n++) \
		if (values[n] && stages[n]->function) \
			stages[n]->function(__VA_ARGS__)

void fail(const char *what)
{
	fprintf(stderr, "box: %s: %s\n", what, strerror(errno));
	_exit(125);
}

void add(const struct stage *stage)
{
	int n = 0;
	while (n < OWN && stages[n])
		n++;
	if (n == OWN) {
		errno = ENOSPC;
		fail(stage->option);
	}
	stages[n] = stage;
}

void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(file);
	close(fd);
}

void run(const char *format, ...)
{
	char line[1000];
	va_list words;
	va_start(words, format);
	vsnprintf(line, sizeof line, format, words);
	va_end(words);
	if (system(line) != 0)
		fail(line);
}

void inside(void)
{
	if (gate_wait)
		gate_wait();
	EACH(inside, values[n]);
}

/* Marks the stage of an option as chosen; returns its flags. */
static int choose(const char *option)
{
	for (int n = 0; n < STAGES; n++) {
		size_t length = stages[n] ? strlen(stages[n]->option) : 0;
		if (!length || strncmp(option, stages[n]->option, length) != 0)
			continue;
		if (option[length - 1] != '=' && option[length])
			continue;
		values[n] = option + length;
		return stages[n]->flags;
	}
	fprintf(stderr, "box: %s: there is no such stage yet\n", option);
	exit(125);
}

int main(int argc, char **argv)
{
	int flags = 0, first = 1;
	while (first < argc && strncmp(argv[first], "--", 2) == 0)
		flags |= choose(argv[first++]);
	if (first == argc) {
		fprintf(stderr, "usage: box [--STAGE[=VALUE]...] COMMAND [ARG...]\n");
		return 125;
	}
	EACH(before, values[n]);
	if (gate_make)
		gate_make();
	pid_t child = start(argv + first, flags);
	if (getenv("BOX_LATE"))		/* a check detects a stage that does not wait for the parent */
		usleep(500000);
	EACH(outside, values[n], child);
	if (gate_open)
		gate_open();
	int status = status_of(child);
	EACH(after, values[n]);
	return status;
}
