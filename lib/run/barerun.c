#include "run/barerun.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "container/container.h"
#include "kernel/cgroup.h"
#include "run/become.h"
#include "run/spawn.h"

#define RUN "run_" /* prefix of the names of bare runs' cgroups; the pid follows */

/* A process must stay if only its child is in the new namespace, or if something must be undone. */
static bool needs_supervisor(const struct plan *p)
{
	return plan_has_stage(p, STAGE_CGROUP) || plan_has_stage(p, STAGE_USER) ||
		plan_has_stage(p, STAGE_PID) || plan_has_stage(p, STAGE_TIME);
}

/* The terminal sends its signals to the whole foreground group, which includes the child. */
static void pass_on(int signals, const struct run *r)
{
	struct signalfd_siginfo info;
	siginfo_t child = {0};

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && info.ssi_code <= 0)
			pidfd_send_signal(r->supervisor.pidfd, (int)info.ssi_signo, NULL, 0);
	if (waitid(P_PIDFD, (id_t)r->supervisor.pidfd, &child, WSTOPPED | WNOHANG) < 0 ||
	    !child.si_pid)
		return;
	/* The child was stopped: stop too, because the user's shell waits for this process. */
	kill(getpid(), SIGSTOP);
	pidfd_send_signal(r->supervisor.pidfd, SIGCONT, NULL, 0);
}

static int wait_for(const struct run *r, int signals, struct err *e)
{
	struct pollfd p[] = {{.fd = signals, .events = POLLIN},
			     {.fd = r->supervisor.pidfd, .events = POLLIN}};
	siginfo_t end;

	while (!p[1].revents) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(e, "wait for the program");
		if (p[0].revents)
			pass_on(signals, r);
	}
	if (waitid(P_PIDFD, (id_t)r->supervisor.pidfd, &end, WEXITED) < 0)
		return err_sys(e, "wait for the program");
	return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}

/* Removes the cgroups of killed bare runs, which no store lists. */
static void sweep(void)
{
	own_str char *group = container_group(RUN);

	group[strlen(group) - strlen("/" RUN)] = '\0';
	cgroup_sweep(group, RUN);
}

static void (*say_notes)(struct strv *notes);

static void tell(struct run *r)
{
	say_notes(r->notes);
}

int barerun(const struct plan *plan, bool input, void (*say)(struct strv *notes), struct err *e)
{
	own_str char *id = str_fmt(RUN "%d", (int)getpid());
	own_strv struct strv notes = {0};
	struct run r = {.plan = plan,
			.id = id,
			.hostname = plan->hostname,
			.image = -1,
			.home = -1,
			.input = input,
			.notes = &notes};
	own_fd int signals = -1;
	sigset_t all;
	int status;

	say_notes = say;
	if (!needs_supervisor(plan)) {
		sigprocmask(SIG_SETMASK, NULL, &r.mask);
		return become_program(&r, tell, e);
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &r.mask);
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return err_sys(e, "open a signalfd");
	if (plan_has_stage(plan, STAGE_CGROUP))
		sweep();
	if (spawn_create(&r, e) < 0 || spawn_await(&r, e) < 0)
		return -1;
	tell(&r);
	if (spawn_execute(&r, e) < 0)
		return -1;
	status = wait_for(&r, signals, e);
	spawn_undo(&r);
	return status;
}
