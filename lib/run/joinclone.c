#include "run/joinclone.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/proc.h"
#include "kernel/namespace.h"

pid_t joinclone(int target, int differing, const struct cgroup_group *group, int *pidfd,
		struct err *e)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD, .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)pidfd};
	bool other_pids = differing & CLONE_NEWPID;
	own_fd int own_pids = other_pids ? namespace_open(0, CLONE_NEWPID, e) : -1;
	pid_t pid;

	/* setns(2) changes the pid namespace only for future children, so it is set for this one
	 * child. */
	if (other_pids &&
	    (own_pids < 0 ||
	     explained(setns(target, CLONE_NEWPID), "setns(%d, CLONE_NEWPID)", target) < 0))
		return err_sys(e, "enter the container's pid namespace");
	if (group->v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)group->v2;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		return 0;
	explained(pid, "clone3({flags=%s})", group->v2 >= 0 ? "CLONE_INTO_CGROUP" : "0");
	if (pid < 0)
		err_sys(e, "make a process in the container");
	if (other_pids &&
	    explained(setns(own_pids, CLONE_NEWPID), "setns(%d /* our own */, CLONE_NEWPID)",
		      own_pids) < 0 &&
	    pid > 0) {
		kill(pid, SIGKILL);
		proc_wait_child(pid);
		shut_fd(pidfd);
		return err_sys(e, "return to the own PID namespace");
	}
	return pid;
}
