#include "bar.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bar.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/screen.h"
#include "base/str.h"

enum { PATIENCE_MS = 500, EVERY_MS = 100 };

static const char erase[] = "\r\033[K";
static volatile sig_atomic_t shown;
static pid_t shower; /* children do not erase: their parent's shell may have printed its prompt */

static const char *task = "";
static uint64_t task_total;

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static bool off;

void cmd_bar_off(void)
{
	off = true;
}

bool cmd_has_bar(void)
{
	return !off && isatty(STDERR_FILENO) && !str_equal(getenv("TERM"), "dumb");
}

/* SA_RESETHAND has restored the default action, which then ends the program. */
static void erase_and_end(int signal)
{
	if (shown && getpid() == shower)
		(void)!write(STDERR_FILENO, erase, strlen(erase));
	raise(signal);
}

/* A program that handles the signal itself erases the line itself. */
static void erase_at_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGQUIT};
	struct sigaction act = {.sa_handler = erase_and_end, .sa_flags = (int)SA_RESETHAND}, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &act, NULL);
}

void cmd_bar(const char *what, uint64_t done, uint64_t total)
{
	static struct bar_rate rate;
	static long long next;
	struct bar b = {.what = what, .done = done, .total = total};
	own_str char *text = NULL, *line = NULL;
	long long now = now_ms();

	if (next == 0)
		next = now + PATIENCE_MS;
	b.rate = bar_rate(&rate, now, done);
	if (now < next)
		return;
	next = now + EVERY_MS;
	if (!shower) {
		shower = getpid();
		erase_at_signals();
	}
	text = bar_text(&b, screen_width(STDERR_FILENO));
	line = str_fmt("\r%s\033[K", text);
	shown = true;
	fd_write_all(STDERR_FILENO, line, strlen(line));
}

void cmd_bar_task(const char *what, uint64_t total)
{
	task = what;
	task_total = total;
}

void cmd_progress(uint64_t entries, uint64_t bytes)
{
	own_str char *what =
		str_fmt("%s%s%llu files", task, *task ? ", " : "", (unsigned long long)entries);

	cmd_bar(what, bytes, task_total);
}

void cmd_progress_bytes(uint64_t bytes)
{
	cmd_bar(task, bytes, task_total);
}

void cmd_bar_end(void)
{
	if (shown && getpid() == shower)
		fd_write_all(STDERR_FILENO, erase, strlen(erase));
	shown = false;
}
