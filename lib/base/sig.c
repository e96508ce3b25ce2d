#include "base/sig.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"

/* Reads "RTMIN", "RTMIN+3", "RTMAX-2", "RTMAX" (signal(7)). */
static bool read_real_time(const char *name, int *sig)
{
	bool last = strncasecmp(name, "RTMAX", 5) == 0;
	struct err ignored;
	uint64_t n = 0;

	if (!last && strncasecmp(name, "RTMIN", 5) != 0)
		return false;
	if (name[5] &&
	    (name[5] != (last ? '-' : '+') ||
	     num_uint(name + 6, 0, (uint64_t)(SIGRTMAX - SIGRTMIN), &n, &ignored) < 0))
		return false;
	*sig = last ? SIGRTMAX - (int)n : SIGRTMIN + (int)n;
	return true;
}

int sig_read(const char *text, int *sig, struct err *e)
{
	/* Signals with two names: sigabbrev_np(3) knows only one of them. */
	static const struct {
		const char *name;
		int sig;
	} others[] = {{"CLD", SIGCHLD}, {"IO", SIGIO}, {"IOT", SIGIOT}};
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	struct err ignored;
	uint64_t n;

	if (num_uint(text, 1, (uint64_t)SIGRTMAX, &n, &ignored) == 0) {
		*sig = (int)n;
		return 0;
	}
	if (read_real_time(name, sig))
		return 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcasecmp(others[i].name, name) == 0) {
			*sig = others[i].sig;
			return 0;
		}
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), name) == 0) {
			*sig = i;
			return 0;
		}
	return err_set(e, "%s: no such signal", text);
}

/* Bit N-1 for signal N; all bits: not noted. */
static uint64_t ignored_set = UINT64_MAX;

void sig_note(void)
{
	own_fd int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[4096], *line;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	line = strstr(text, "\nSigIgn:\t");
	if (line)
		ignored_set = strtoull(line + strlen("\nSigIgn:\t"), NULL, 16);
}

void sig_ignore(int sig)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(sig, &ignore, NULL);
	ignored_set |= UINT64_C(1) << (sig - 1);
}

void sig_reset(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		if (ignored_set & UINT64_C(1) << (sig - 1))
			sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
