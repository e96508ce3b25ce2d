#include "run/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/sig.h"

static const char *const names[] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

enum { SAID = 200 }; /* bytes of a hook's messages that are shown */

/* A file in memory that the hook reads from its beginning. */
static int open_state(const char *state, struct err *e)
{
	own_fd int fd = memfd_create("state", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, state, strlen(state)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "the container's state");
	return take_fd(&fd);
}

/* As with crun and runc. What the engine has in its environment is not for programs of the image. */
static char *const *environment_of(const struct bundle_hook *h, enum bundle_moment moment)
{
	static char *const nothing[] = {NULL};

	if (h->env.n)
		return h->env.v;
	return moment == HOOK_START_CONTAINER ? nothing : environ;
}

__attribute__((noreturn)) static void be_hook(const struct bundle_hook *h,
					      enum bundle_moment moment, int state, int said)
{
	char *alone[] = {str_dup(h->path), NULL};
	int saved;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sig_reset();
	if (dup2(state, 0) >= 0 && dup2(said, 1) >= 0 && dup2(said, 2) >= 0 &&
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		execve(h->path, h->args.n ? h->args.v : alone, environment_of(h, moment));
	saved = errno;
	dprintf(2, "%s", strerror(saved));
	_exit(127);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Reads what the hook says, the beginning of which is kept, until its end. A process that the hook
 * leaves behind may hold the pipe, so the end is the hook's own. false: the time is over.
 */
static bool hear(int pidfd, int said, int timeout, char kept[SAID])
{
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = said, .events = POLLIN}};
	long end = timeout ? now_ms() + timeout * 1000L : 0, left;
	char chunk[512];
	size_t n = 0;
	ssize_t got;

	while (!p[0].revents) {
		left = timeout ? end - now_ms() : -1;
		if (timeout && left <= 0)
			return false;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return false;
		if (!p[1].revents)
			continue;
		got = read(said, chunk, sizeof(chunk));
		if (got <= 0) {
			p[1].fd = -1;
			continue;
		}
		got = (size_t)got < SAID - 1 - n ? got : (ssize_t)(SAID - 1 - n);
		memcpy(kept + n, chunk, (size_t)got);
		n += (size_t)got;
	}
	kept[n] = '\0';
	kept[strcspn(kept, "\n")] = '\0';
	return true;
}

static int run_one(const struct bundle_hook *h, enum bundle_moment moment, const char *state,
		   struct err *e)
{
	const char *name = names[moment];
	own_fd int in = open_state(state, e), said = -1, pidfd = -1;
	char kept[SAID] = "";
	bool in_time;
	int status;
	pid_t pid;

	if (in < 0)
		return -1;
	pid = proc_fork_pipe(&said);
	if (pid == 0)
		be_hook(h, moment, in, said);
	pidfd = pid < 0 ? -1 : pidfd_open(pid, 0);
	if (pidfd < 0)
		return err_sys(e, "%s hook %s", name, h->path);
	in_time = hear(pidfd, said, h->timeout, kept);
	if (!in_time)
		kill(pid, SIGKILL);
	status = proc_wait_child(pid);
	if (!in_time)
		return err_set(e, "%s hook %s: did not end within %d s", name, h->path, h->timeout);
	return status ? err_set(e, "%s hook %s: exit status %d%s%s", name, h->path, status,
				*kept ? ": " : "", kept)
		      : 0;
}

int hook_run(const struct bundle *b, enum bundle_moment moment, pid_t pid, const char *status,
	     struct err *e)
{
	own_str char *state = NULL;

	if (!b->hooks_n[moment])
		return 0;
	state = b->state(b->state_arg, pid, status);
	for (size_t i = 0; i < b->hooks_n[moment]; i++)
		if (run_one(&b->hooks[moment][i], moment, state, e) < 0)
			return -1;
	return 0;
}

void hook_run_each(const struct bundle *b, enum bundle_moment moment, pid_t pid, const char *status,
		   struct strv *notes)
{
	own_str char *state = b->hooks_n[moment] ? b->state(b->state_arg, pid, status) : NULL;
	struct err e;

	for (size_t i = 0; i < b->hooks_n[moment]; i++)
		if (run_one(&b->hooks[moment][i], moment, state, &e) < 0)
			strv_add(notes, e.msg);
}
