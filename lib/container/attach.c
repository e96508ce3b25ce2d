#include "container/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/str.h"
#include "base/tty.h"
#include "container/monitor.h"
#include "log/logread.h"

enum { TYPED = 4096 };

/* What was typed and could not be written yet. */
struct session {
	struct attach *a;
	bool terminal; /* stdin is one, so the keys count */
	bool raw;
	bool stdin_open, detached;
	char text[TYPED + DETACHKEYS_MAX];
	size_t at, len;
	int signal; /* that ends the attachment; 0: none */
};

/* Copies the output until the container ends. It is a process of its own: it may block. */
__attribute__((noreturn)) static void show_output(const struct attach *a,
						  const struct timespec *from, int report)
{
	struct log_query q = {.follow = a->supervisor >= 0,
			      .tail = UINT64_MAX,
			      .since = *from,
			      .until.tv_sec = LOG_EVER,
			      .ended = a->supervisor};
	static const int out[2] = {STDOUT_FILENO, STDERR_FILENO};
	uint64_t damaged;
	struct err e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sig_reset();
	if (logread(a->log, &q, out, &damaged, &e) == 0)
		_exit(0);
	if (e.sys != EPIPE && write(report, &e, sizeof(e)) < 0)
		_exit(2);
	_exit(1);
}

/* Reads what the user types, and looks for the keys. */
static void take_typed(struct session *s)
{
	char typed[TYPED];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* The end of the user's input does not end the container's: others may attach later. */
	if (n <= 0) {
		s->stdin_open = false;
		return;
	}
	s->at = 0;
	if (s->terminal)
		s->detached = detachkeys_take(&s->a->keys, typed, (size_t)n, s->text, &s->len);
	else
		memcpy(s->text, typed, s->len = (size_t)n);
}

static void pass_typed(struct session *s)
{
	ssize_t n = write(s->a->input, s->text + s->at, s->len - s->at);

	if (n >= 0)
		s->at += (size_t)n;
	else if (errno != EINTR && errno != EAGAIN)
		s->stdin_open = false, s->at = s->len; /* the container has closed its input */
}

static void stop_self(struct session *s)
{
	struct err ignored;

	tty_restore();
	kill(getpid(), SIGSTOP);
	if (s->raw) {
		tty_raw(STDIN_FILENO, &ignored);
		tty_copy_size(STDIN_FILENO, s->a->input);
	}
}

static void take_signals(struct session *s, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig == SIGCHLD || sig == SIGPIPE || sig == SIGTTIN || sig == SIGTTOU)
			continue;
		if (sig == SIGWINCH && s->a->tty)
			tty_copy_size(STDIN_FILENO, s->a->input);
		else if (sig == SIGTSTP)
			stop_self(s);
		else if (sig == SIGCONT || sig == SIGWINCH)
			continue;
		else if (s->a->proxy)
			pidfd_send_signal(s->a->first, sig, NULL, 0);
		else
			s->signal = sig;
	}
}

/* Until the reader of the output (a pidfd) has ended, or the user leaves. */
static int serve(struct session *s, int signals, int output, struct err *e)
{
	while (!s->signal) {
		bool waiting = s->at < s->len;
		struct pollfd p[] = {
			{.fd = output, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
			{.fd = waiting ? s->a->input : -1, .events = POLLOUT},
			{.fd = s->stdin_open && !waiting && !s->detached ? STDIN_FILENO : -1,
			 .events = POLLIN},
		};

		if (s->detached && !waiting)
			return ATTACH_DETACHED;
		if (poll(p, 4, -1) < 0 && errno != EINTR)
			return err_sys(e, "wait for input and output");
		if (p[0].revents)
			return ATTACH_ENDED;
		if (p[1].revents)
			take_signals(s, signals);
		if (p[2].revents)
			pass_typed(s);
		if (p[3].revents)
			take_typed(s);
	}
	return ATTACH_LEFT;
}

static int begin_input(struct session *s, struct err *e)
{
	struct attach *a = s->a;

	if (a->input < 0)
		return 0;
	s->stdin_open = true;
	s->terminal = isatty(STDIN_FILENO);
	s->raw = s->terminal && a->tty;
	/* The copy and the supervisor's descriptor share this flag. The supervisor writes nothing. */
	if (fcntl(a->input, F_SETFL, (a->tty ? O_RDWR : O_WRONLY) | O_NONBLOCK) < 0)
		return err_sys(e, "input");
	if (s->raw)
		tty_copy_size(STDIN_FILENO, a->input);
	return s->raw ? tty_raw(STDIN_FILENO, e) : 0;
}

int attach_run(struct attach *a, int *signal, struct err *e)
{
	struct session s = {.a = a};
	own_fd int signals = monitor_signals(e), report = -1, output = -1;
	struct timespec now;
	struct err why;
	pid_t pid;
	int end, status;

	if (signals < 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	pid = proc_fork_pipe(&report);
	if (pid == 0)
		show_output(a, &now, report);
	output = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (output < 0)
		return err_sys(e, "start the reader of the log");
	end = begin_input(&s, e) < 0 ? -1 : serve(&s, signals, output, e);
	tty_restore();
	*signal = s.signal;
	if (end != ATTACH_ENDED)
		pidfd_send_signal(output, SIGKILL, NULL, 0);
	status = proc_wait_child(pid);
	if (end == ATTACH_ENDED && read(report, &why, sizeof(why)) == sizeof(why)) {
		*e = why;
		return -1;
	}
	return end == ATTACH_ENDED && status > 128
		? err_set(e, "the reader of the log was killed (signal %d)", status - 128)
		: end;
}
