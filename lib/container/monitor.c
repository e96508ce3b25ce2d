#include "container/monitor.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "base/sig.h"
#include "base/str.h"
#include "base/tty.h"
#include "log/relay.h"
#include "log/streams.h"

int monitor_signals(struct err *e)
{
	sigset_t all;
	int fd;

	sigfillset(&all);
	/* Signals for faults of this process (SIGSEGV, ...) must end it, not wait in the signalfd.
	 * */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	sig_note();
	sig_ignore(SIGPIPE);
	sig_ignore(SIGXFSZ); /* a log at its size limit must not end the supervisor */
	sigprocmask(SIG_BLOCK, &all, NULL);
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, "open a signalfd") : fd;
}

/* Stops this process like any job of a shell, and makes the terminal raw again when it continues.
 * */
static void stop_self(int master)
{
	tty_restore();
	kill(getpid(), SIGSTOP);
	if (master >= 0) {
		struct err ignored;

		tty_raw(0, &ignored);
		tty_copy_size(0, master);
	}
}

/*
 * Reaps a child other than the container (spare.h). The container is left to `reap`: if it was the
 * child that ended, it can be waited for already.
 */
__attribute__((hot)) static void reap_other(int pidfd, pid_t ended)
{
	siginfo_t container = {0};

	if (waitid(P_PIDFD, (id_t)pidfd, &container, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    !container.si_pid)
		waitpid(ended, NULL, WNOHANG);
}

__attribute__((hot)) static void pass_on(int signals, int pidfd, struct streams *st, bool attached)
{
	struct signalfd_siginfo info;
	int master = st->master;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig == SIGCHLD)
			reap_other(pidfd, (pid_t)info.ssi_pid);
		if (sig == SIGCHLD || sig == SIGPIPE || sig == SIGTTIN || sig == SIGTTOU)
			continue;
		if (sig == SIGWINCH && master >= 0) {
			if (attached)
				tty_copy_size(0, master);
			continue;
		}
		pidfd_send_signal(pidfd, sig, NULL, 0);
		if (sig == SIGINT && attached)
			streams_ctrl_c(st);
		if (sig == SIGTSTP && attached)
			stop_self(master);
	}
}

static int reap(int pidfd, struct ending *out, struct err *e)
{
	siginfo_t info;

	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for the container");
	out->phase = info.si_code == CLD_EXITED ? CONTAINER_EXITED : CONTAINER_KILLED;
	out->code = info.si_status;
	return 0;
}

/* Notes a failed write, which ends neither the container nor the other streams. */
static void turn(struct relay *relay, struct strv *notes, bool *lost)
{
	struct err e;

	if (relay_turn(relay, &e) == 0)
		return;
	strv_add(notes, e.msg);
	*lost = true;
}

/* Many programs have ended by then: for them the memory is not worth the time. */
enum { SETTLED_MS = 50 };

__attribute__((hot)) static int watch(struct relay *relay, int pidfd, int signals,
				      struct streams *st, bool attached,
				      const struct monitor_also *also, struct strv *notes,
				      bool *lost, struct err *e)
{
	int patience = attached ? -1 : SETTLED_MS, n;

	struct pollfd p[] = {
		{.fd = relay_fd(relay), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
		{.fd = pidfd, .events = POLLIN},
		{.fd = also ? also->fd : -1, .events = POLLIN},
	};

	while (!p[2].revents) {
		n = poll(p, 4, patience);
		if (n < 0 && errno != EINTR)
			return err_sys(e, "wait for process output");
		if (n == 0) {
			patience = -1;
			malloc_trim(0);
			selfexe_forget_code();
		}
		if (p[1].revents)
			pass_on(signals, pidfd, st, attached);
		if (p[0].revents)
			turn(relay, notes, lost);
		if (also && p[3].revents)
			also->see_to(also->arg);
	}
	return 0;
}

/* Whether one of the pending signals asks this process to end. */
static bool asked_to_end(int signals)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		end |= info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM ||
			info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT;
	return end;
}

/*
 * Delivers the rest of the output of a container that has ended. A signal from a user who does not
 * want to wait for a slow reader ends this; the log still gets the rest.
 */
static int deliver(struct relay *relay, int signals, struct err *e)
{
	int n;

	while ((n = relay_finish(relay, signals, e)) == 1 && !asked_to_end(signals))
		continue;
	if (n != 1)
		return n;
	relay_mute(relay);
	return relay_finish(relay, -1, e);
}

/* `hot`: see selfexe_forget_code. */
__attribute__((hot)) int monitor_run(int pidfd, int signals, struct streams *st, bool attached,
				     struct ctlog *log, struct strv *notes,
				     void (*ended)(void *arg, const struct ending *end), void *arg,
				     const struct monitor_also *also, struct ending *out,
				     struct err *e)
{
	struct relay *relay = relay_new(e);
	struct err said;
	int failed = -1;

	*out = (struct ending){0};
	if (!relay || streams_relay(st, relay, attached, log, e) < 0)
		goto done;
	if (attached && st->master >= 0 && isatty(0)) {
		tty_copy_size(0, st->master);
		if (tty_raw(0, e) < 0)
			goto done;
	}
	if (watch(relay, pidfd, signals, st, attached, also, notes, &out->lost, e) < 0 ||
	    reap(pidfd, out, e) < 0)
		goto done;
	if (ended)
		ended(arg, out);
	if (deliver(relay, signals, &said) < 0) {
		strv_add(notes, said.msg);
		out->lost = true;
	}
	failed = 0;
done:
	tty_restore();
	if (relay)
		relay_free(relay);
	streams_close(st);
	return failed;
}

int ending_status(const struct ending *end)
{
	return end->phase == CONTAINER_KILLED ? 128 + end->code : end->code;
}
